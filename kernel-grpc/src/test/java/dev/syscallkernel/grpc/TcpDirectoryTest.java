package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.DirectoryContract;
import java.io.IOException;
import java.nio.file.Path;

class TcpDirectoryTest extends DirectoryContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overTcp(mountable, stateDirectory);
    }
}
