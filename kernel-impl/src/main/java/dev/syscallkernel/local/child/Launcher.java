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

    /** The command line that starts a program; descriptor 3 takes the launcher's status, descriptor 4 has its options. */
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

    /**
     * Gives up rights, and the life beyond that of the kernel. Between the start and that order the kernel may have died
     * unnoticed, so it is asked whether it is still the parent.
     */
    List<String> prefix(int niceness) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/setpriv"));
        if (changesUser()) {
            command.addAll(List.of(
                    "--reuid=" + settings.uid(), "--regid=" + settings.gid(), "--clear-groups", "--inh-caps=-all"));
        }
        command.addAll(List.of("--no-new-privs", "--pdeathsig", "KILL", "--"));
        command.addAll(List.of("/bin/sh", "-c", "[ \"$PPID\" = \"$0\" ] && exec \"$@\"", PARENT));
        if (niceness > 0) {
            command.addAll(List.of("/usr/bin/nice", "-n", Integer.toString(niceness), "--"));
        }
        return command;
    }

    /** Sets the limits, inside of what confines the program: outside, its processes would count with all of its user's. */
    static List<String> limits(Plan.Limits limits) {
        List<String> command = new ArrayList<>(List.of("/usr/bin/prlimit", "--core=0:0"));
        add(command, "--nproc=", limits.processes(), 0);
        add(command, "--nofile=", limits.descriptors(), 0);
        add(command, "--fsize=", limits.fileSizeBytes(), 0);
        add(command, "--cpu=", limits.cpuSeconds(), 1); // first a signal that tells why, then the end
        add(command, "--as=", limits.memoryBytes(), 0);
        command.add("--");
        return command;
    }

    private static void add(List<String> command, String option, long limit, long beyond) {
        if (limit > 0) {
            command.add(option + limit + ":" + (limit + beyond));
        }
    }

    static Map<String, String> noEnvironment() {
        return Map.of("PATH", "/usr/bin:/bin");
    }

    static Path root() {
        return Path.of("/");
    }
}
