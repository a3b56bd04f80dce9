package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.UploadTakeoverContract;
import java.io.IOException;
import java.nio.file.Path;

class UnixUploadTakeoverTest extends UploadTakeoverContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overUnixSocket(mountable, stateDirectory);
    }
}
