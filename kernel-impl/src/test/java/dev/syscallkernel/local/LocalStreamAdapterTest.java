package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.StreamAdapterContract;
import java.nio.file.Path;

class LocalStreamAdapterTest extends StreamAdapterContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) {
        return LocalFixture.start(stateDirectory);
    }
}
