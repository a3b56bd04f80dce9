package dev.syscallkernel.local.child;

import dev.syscallkernel.process.LauncherTier;
import java.nio.file.Path;
import java.util.List;

/** Starts programs by unshare: they see the files of the host, but only their own processes. */
final class ContainedLauncher extends Launcher {
    ContainedLauncher(LauncherSettings settings) {
        super(settings);
    }

    @Override
    LauncherTier tier() {
        return LauncherTier.CONTAINED;
    }

    @Override
    Plan.Launch launch(Plan plan) {
        List<String> command = prefixOfMortal(plan.niceness());
        command.addAll(List.of(settings().unshare().toString(), "-c", "-p", "-f", "--kill-child", "--mount-proc"));
        if (!plan.network()) {
            command.add("-n");
        }
        command.add("--");
        // The shell is the first process, with whose end all others end, and reaps those that lose their parent.
        command.addAll(List.of("/bin/sh", "-c", "\"$@\";exit", "sh"));
        command.addAll(Gate.command(plan, plan.limits(), List.of()));
        return new Plan.Launch(command, Gate.environment(plan), Path.of(plan.directory()), List.of());
    }
}
