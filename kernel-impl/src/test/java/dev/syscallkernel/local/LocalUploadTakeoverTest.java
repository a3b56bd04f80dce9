package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.UploadTakeoverContract;
import java.nio.file.Path;

class LocalUploadTakeoverTest extends UploadTakeoverContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) {
        return LocalFixture.start(stateDirectory);
    }
}
