package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.TaskContract;
import java.nio.file.Path;

class LocalTaskTest extends TaskContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) {
        return LocalFixture.start(stateDirectory);
    }
}
