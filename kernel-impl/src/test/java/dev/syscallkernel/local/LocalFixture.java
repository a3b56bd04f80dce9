package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.security.SandboxLevel;

/** Starts the kernel that the contracts are run against here. */
final class LocalFixture {
    private LocalFixture() {}

    static SyscallKernel start() {
        return LocalKernel.builder().ceiling(SandboxLevel.PRIVILEGED).build();
    }
}
