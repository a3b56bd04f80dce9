package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.util.Set;

/** Calls as the dispatcher would make them. */
final class Calls {
    static final Sandbox ALL = Sandbox.NOTHING.withCapabilities(Set.of(Capability.values()));

    private Calls() {}

    static SyscallContext call() {
        return call(ALL, new CancellationToken());
    }

    static SyscallContext call(Sandbox sandbox, CancellationToken cancellation) {
        return new SyscallContext("test", "subject", sandbox, ResourceLimits.DEFAULT, Place.NONE, cancellation);
    }
}
