package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.DiskFullContract;
import java.io.IOException;
import java.nio.file.Path;

class UnixDiskFullTest extends DiskFullContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overUnixSocket(mountable, stateDirectory);
    }
}
