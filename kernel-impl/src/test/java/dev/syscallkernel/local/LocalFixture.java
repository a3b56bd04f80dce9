package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.security.SandboxLevel;
import java.nio.file.Path;
import java.time.Duration;

/** Starts the kernel that the contracts are run against here. */
final class LocalFixture {
    private LocalFixture() {}

    static SyscallKernel start(Path stateDirectory) {
        return LocalKernel.builder()
                .stateDirectory(stateDirectory)
                .ceiling(SandboxLevel.PRIVILEGED)
                .programGrace(Duration.ofMillis(500))
                .build();
    }
}
