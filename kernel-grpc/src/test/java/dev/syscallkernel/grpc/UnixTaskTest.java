package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.TaskContract;
import java.io.IOException;
import java.nio.file.Path;

class UnixTaskTest extends TaskContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overUnixSocket(mountable, stateDirectory);
    }
}
