package dev.syscallkernel.local.child;

import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.process.LauncherTier;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts programs by bubblewrap, in namespaces of their own. All that says something about the host or the program goes
 * through a file: the command line and the environment of bubblewrap can be read by the program, and by others.
 */
final class ConfinedLauncher extends Launcher {
    private static final String TMPFS_BYTES = Integer.toString(64 << 20);

    private static final List<String> SYSTEM = List.of(
            "--unshare-user --disable-userns --unshare-ipc --unshare-pid --unshare-uts --unshare-cgroup-try",
            "--cap-drop ALL --die-with-parent --new-session --json-status-fd 3",
            "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib",
            "--symlink usr/lib64 /lib64 --dir /etc --ro-bind-try /etc/alternatives /etc/alternatives",
            "--ro-bind-try /etc/ssl/certs /etc/ssl/certs --proc /proc --dev /dev --remount-ro /dev",
            "--size " + TMPFS_BYTES + " --tmpfs /dev/shm --size " + TMPFS_BYTES + " --tmpfs /tmp");

    /** What a program with the host's network needs to find other hosts by name. */
    private static final List<String> NAMES = List.of("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf");

    ConfinedLauncher(LauncherSettings settings) {
        super(settings);
    }

    @Override
    LauncherTier tier() {
        return LauncherTier.CONFINED;
    }

    @Override
    Plan.Launch launch(Plan plan) {
        // bubblewrap asks for its end with the kernel by itself, and only once its first process can go on without it.
        // Were it to die before, that process would wait for it for ever; so it waits at the gate, which is then
        // closed.
        List<String> command = prefix(plan.niceness());
        command.addAll(List.of(settings().bubblewrap().toString(), "--args", "4", "--"));
        command.addAll(Gate.command(plan, plan.limits(), plan.bindings()));
        return new Plan.Launch(command, noEnvironment(), root(), options(plan));
    }

    private static List<String> options(Plan plan) {
        List<String> options = new ArrayList<>();
        SYSTEM.forEach(line -> options.addAll(List.of(line.split(" ", -1))));
        if (plan.network()) {
            NAMES.forEach(file -> options.addAll(List.of("--ro-bind-try", file, file)));
        } else {
            options.add("--unshare-net");
        }
        for (FileTree.Binding binding : plan.bindings()) {
            options.add(binding.readOnly() ? "--ro-bind" : "--bind");
            options.add(binding.hostPath().toString());
            options.add(binding.path());
        }
        options.add("--clearenv");
        Gate.environment(plan).forEach((key, value) -> options.addAll(List.of("--setenv", key, value)));
        options.addAll(List.of("--chdir", plan.directory(), "--remount-ro", "/"));
        return options;
    }
}
