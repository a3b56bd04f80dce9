package dev.syscallkernel.local.call;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One syscall under way, as its handler sees it: the rules of its process at the moment it started, and whether it is
 * still wanted.
 *
 * @param syscall the name of the syscall
 * @param lazySubject says what it acts on, which few have to know
 * @param sandbox the rules it runs under
 * @param limits the limits it runs under
 * @param place what it holds on to beyond its answer, counted against a limit
 * @param cancellation looked at between pieces of long work
 * @param progress told how far long work has got, at the same places
 */
public record SyscallContext(
        String syscall,
        Supplier<String> lazySubject,
        Sandbox sandbox,
        ResourceLimits limits,
        Place place,
        CancellationToken cancellation,
        ProgressReporter progress) {

    /** How much work may be done between two looks at the token, in bytes. */
    public static final int CANCELLATION_INTERVAL = 1 << 20;

    /** What the syscall acts on. */
    public String subject() {
        return lazySubject.get();
    }

    /** Fails unless the process holds the capability. */
    public void require(Capability capability) {
        if (!sandbox.capabilities().contains(capability)) {
            throw SyscallException.missingCapability(syscall, subject(), capability);
        }
    }

    /** The same call with another token, and nobody who hears of its progress: for what outlives the call. */
    public SyscallContext withCancellation(CancellationToken token) {
        return new SyscallContext(syscall, lazySubject, sandbox, limits, place, token, ProgressReporter.NONE);
    }

    /** Fails if the call was cancelled. */
    public void throwIfCancelled() {
        CancellationToken.Reason reason = cancellation.reason();
        if (reason != null) {
            throw failure(reason.code(), reason.text());
        }
    }

    /** An error of this call. */
    public SyscallException failure(ErrorCode code, String reason) {
        return new SyscallException(code, syscall, subject(), reason);
    }

    /** An error of this call that another one caused. */
    public SyscallException failure(ErrorCode code, String reason, @Nullable Throwable cause) {
        return new SyscallException(code, syscall, subject(), reason, cause);
    }
}
