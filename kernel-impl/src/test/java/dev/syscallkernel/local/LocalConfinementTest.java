package dev.syscallkernel.local;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.contract.ConfinementContract;
import java.nio.file.Path;

class LocalConfinementTest extends ConfinementContract {
    @Override
    protected SyscallKernel startKernel(Path mountable, Path stateDirectory) {
        return LocalFixture.start(stateDirectory);
    }
}
