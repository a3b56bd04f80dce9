package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.LauncherTier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a kernel of this program starts other programs. */
final class LauncherOptions {
    static final String LAUNCHER = "--launcher";
    static final String USER = "--program-user";

    @Option(
            names = LAUNCHER,
            paramLabel = "TIER",
            description = "The weakest way to start programs: CONFINED (bubblewrap), CONTAINED (they see all files) or"
                    + " PLAIN (what they start may survive). Default: CONFINED.")
    private @Nullable LauncherTier weakest;

    @Option(
            names = USER,
            paramLabel = "UID:GID",
            description = "As whom programs run if this one runs as root. Default: 65534:65534, nobody.")
    private @Nullable ProgramUser user;

    /** Whether the user said anything about it. */
    boolean isGiven() {
        return weakest != null || user != null;
    }

    LocalKernel.Builder apply(LocalKernel.Builder kernel) {
        kernel.weakestLauncher(weakest == null ? LauncherTier.CONFINED : weakest);
        return user == null ? kernel : kernel.programUser(user.uid(), user.gid());
    }
}
