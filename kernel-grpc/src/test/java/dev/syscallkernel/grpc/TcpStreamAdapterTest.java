package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.StreamAdapterContract;
import java.io.IOException;
import java.nio.file.Path;

class TcpStreamAdapterTest extends StreamAdapterContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overTcp(mountable, stateDirectory);
    }
}
