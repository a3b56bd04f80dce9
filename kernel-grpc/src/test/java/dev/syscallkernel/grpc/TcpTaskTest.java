package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.TaskContract;
import java.io.IOException;
import java.nio.file.Path;

class TcpTaskTest extends TaskContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overTcp(mountable, stateDirectory);
    }
}
