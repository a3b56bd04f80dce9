package dev.syscallkernel.local.child;

import dev.syscallkernel.process.LauncherTier;
import java.nio.file.Path;
import java.util.List;

/** Starts programs in sessions of their own, which is all that confines them. */
final class PlainLauncher extends Launcher {
    PlainLauncher(LauncherSettings settings) {
        super(settings);
    }

    @Override
    LauncherTier tier() {
        return LauncherTier.PLAIN;
    }

    @Override
    boolean hasInit() {
        return false;
    }

    @Override
    Plan.Launch launch(Plan plan) {
        List<String> command = prefixOfMortal(plan.niceness());
        command.add("/usr/bin/setsid");
        // Without a limit of processes: all of its user's would count.
        Plan.Limits all = plan.limits();
        Plan.Limits own =
                new Plan.Limits(all.memoryBytes(), all.cpuSeconds(), 0, all.descriptors(), all.fileSizeBytes());
        command.addAll(Gate.command(plan, own, List.of()));
        return new Plan.Launch(command, Gate.environment(plan), Path.of(plan.directory()), List.of());
    }
}
