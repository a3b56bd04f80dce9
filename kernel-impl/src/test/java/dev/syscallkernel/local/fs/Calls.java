package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Calls as the dispatcher would make them. */
final class Calls {
    static final Sandbox ALL = Sandbox.NOTHING.withCapabilities(Set.of(Capability.values()));

    private Calls() {}

    static SyscallContext call() {
        return call(ALL, new CancellationToken());
    }

    static SyscallContext call(Sandbox sandbox, CancellationToken cancellation) {
        return call(sandbox, cancellation, ProgressReporter.NONE);
    }

    static SyscallContext call(Sandbox sandbox, CancellationToken cancellation, ProgressReporter progress) {
        return new SyscallContext(
                "test", () -> "subject", sandbox, ResourceLimits.DEFAULT, Place.NONE, cancellation, progress);
    }

    /** Runs what must fail, and proves that it fails with this code. */
    static SyscallException assertFails(ErrorCode expected, ThrowingCallable action) {
        SyscallException failure = Assertions.catchThrowableOfType(SyscallException.class, action);
        Assertions.assertThat(failure).as("an error with code %s", expected).isNotNull();
        Assertions.assertThat(failure.code()).as(failure.getMessage()).isEqualTo(expected);
        return failure;
    }
}
