package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.MountContract;
import java.io.IOException;
import java.nio.file.Path;

class UnixMountTest extends MountContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overUnixSocket(mountable, stateDirectory);
    }
}
