package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.MoveContract;
import java.io.IOException;
import java.nio.file.Path;

class TcpMoveTest extends MoveContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overTcp(mountable, stateDirectory);
    }
}
