package dev.syscallkernel.local.child;

import dev.syscallkernel.process.LauncherTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes the command line of one tier. Immutable. */
abstract class Launcher {
    private static final boolean ROOT = isRoot();
    private static final String PARENT = Long.toString(ProcessHandle.current().pid());

    private final LauncherSettings settings;

    Launcher(LauncherSettings settings) {
        this.settings = settings;
    }

    abstract LauncherTier tier();

    /** The command line that starts a program; descriptor 3 takes the launcher's status, 4 has its options, 5 takes
     * the report of the gate. */
    abstract Plan.Launch launch(Plan plan);

    /** Whether the program is the child of a process that ends with all of its descendants. */
    boolean hasInit() {
        return true;
    }

    LauncherSettings settings() {
        return settings;
    }

    private static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException unknown) {
            return false; // then it is no Linux, and nothing can be started
        }
    }

    /** Whether programs run as another user than the kernel. */
    static boolean changesUser() {
        return ROOT;
    }

    /** Gives up rights, and anything to do if the kernel has died meanwhile. */
    List<String> prefix(int niceness) {
        return prefix(niceness, List.of());
    }

    /** As {@link #prefix}, but has the launcher itself end with the kernel: for those that do not see to that. */
    List<String> prefixOfMortal(int niceness) {
        return prefix(niceness, List.of("--pdeathsig", "KILL"));
    }

    private List<String> prefix(int niceness, List<String> options) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/setpriv"));
        if (changesUser()) {
            command.addAll(List.of(
                    "--reuid=" + settings.uid(), "--regid=" + settings.gid(), "--clear-groups", "--inh-caps=-all"));
        }
        command.add("--no-new-privs");
        command.addAll(options);
        // Whoever asks for a signal at the end of its parent must ask afterwards whether that is still there.
        command.addAll(List.of("--", "/bin/sh", "-c", "[ \"$PPID\" = \"$0\" ] && exec \"$@\"", PARENT));
        if (niceness > 0) {
            command.addAll(List.of("/usr/bin/nice", "-n", Integer.toString(niceness), "--"));
        }
        return command;
    }

    static Map<String, String> noEnvironment() {
        return Map.of("PATH", "/usr/bin:/bin");
    }

    static Path root() {
        return Path.of("/");
    }
}
