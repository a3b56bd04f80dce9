package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.PathRuleContract;
import java.io.IOException;
import java.nio.file.Path;

class UnixPathRuleTest extends PathRuleContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) throws IOException {
        return ServedKernel.overUnixSocket(mountable, stateDirectory);
    }
}
