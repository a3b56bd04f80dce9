package dev.syscallkernel.contract;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import java.nio.file.Path;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every contract stands on: a fresh kernel for each test, and a host directory beneath which its processes may
 * mount what they like. Each kind of kernel extends each contract and says how it is started.
 */
public abstract class KernelContract {

    /** The host's directory for this test. */
    @TempDir
    protected Path host;

    /** Where the kernel of this test keeps what survives it. */
    @TempDir
    protected Path state;

    /** The kernel under test, seen through the interface that its users have. */
    protected SyscallKernel kernel;

    /**
     * Starts a kernel of level PRIVILEGED without default mounts. Closing it must end all that was started with it.
     *
     * @param mountable beneath it, processes may mount any directory
     * @param stateDirectory the kernel's
     */
    protected abstract SyscallKernel startKernel(Path mountable, Path stateDirectory) throws Exception;

    @BeforeEach
    final void startFreshKernel() throws Exception {
        kernel = startKernel(host, state);
    }

    /** Closes the kernel and starts another one in its place. */
    protected final void restartKernel() throws Exception {
        kernel.close();
        startFreshKernel();
    }

    @AfterEach
    final void closeKernel() {
        kernel.close();
    }

    /** Runs what must fail, and proves that it fails with this code and with a message that explains it. */
    protected static SyscallException assertFails(ErrorCode expected, ThrowingCallable action) {
        SyscallException failure = Assertions.catchThrowableOfType(SyscallException.class, action);
        Assertions.assertThat(failure).as("an error with code %s", expected).isNotNull();
        Assertions.assertThat(failure.code()).as(failure.getMessage()).isEqualTo(expected);
        Assertions.assertThat(failure).hasMessageEndingWith(" [" + expected + "]");
        Assertions.assertThat(failure.reason()).isNotBlank();
        return failure;
    }
}
