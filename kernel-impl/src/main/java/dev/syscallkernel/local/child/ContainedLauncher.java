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
        List<String> command = prefix(plan.niceness());
        command.addAll(List.of(settings().unshare().toString(), "-c", "-p", "-f", "--kill-child", "--mount-proc"));
        if (!plan.network()) {
            command.add("-n");
        }
        command.add("--");
        command.addAll(limits(plan.limits()));
        // The shell is the first process, with whose end all others end, and reaps those that lose their parent.
        command.addAll(List.of("/bin/sh", "-c", "\"$@\";exit", "sh"));
        command.addAll(plan.arguments());
        return new Plan.Launch(command, plan.environment(), Path.of(plan.directory()), List.of());
    }
}
