package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.ChildContract;
import java.io.IOException;
import java.nio.file.Path;

class TcpChildTest extends ChildContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overTcp(mountable, stateDirectory);
    }
}
