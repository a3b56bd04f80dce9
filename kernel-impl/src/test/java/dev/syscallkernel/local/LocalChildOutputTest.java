package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.ChildOutputContract;
import java.nio.file.Path;

class LocalChildOutputTest extends ChildOutputContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) {
        return LocalFixture.start(stateDirectory);
    }
}
