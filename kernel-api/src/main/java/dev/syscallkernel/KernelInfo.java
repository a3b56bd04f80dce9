package dev.syscallkernel;

import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.SandboxLevel;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel is and can do.
 *
 * @param version the kernel's version, such as {@code 0.1.0}
 * @param startedAt when it was started
 * @param ceiling the highest level that a process of it can have
 * @param limits the limits of a process whose spec names none
 * @param maxProcesses how many logical processes may live at a time
 * @param features names of optional abilities, such as {@code streaming-read}
 * @param launcherTier how well the programs it starts are confined; null if it can start none
 */
public record KernelInfo(
        String version,
        Instant startedAt,
        SandboxLevel ceiling,
        ResourceLimits limits,
        int maxProcesses,
        Set<String> features,
        @Nullable LauncherTier launcherTier) {
    public KernelInfo {
        features = Set.copyOf(features);
    }

    /** How well the programs it starts are confined; empty if it can start none. */
    public Optional<LauncherTier> launcher() {
        return Optional.ofNullable(launcherTier);
    }
}
