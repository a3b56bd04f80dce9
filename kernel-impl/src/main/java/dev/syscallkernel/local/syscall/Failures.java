package dev.syscallkernel.local.syscall;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import java.lang.System.Logger.Level;

/** What callers are told of whatever went wrong in a call. */
final class Failures {
    private static final System.Logger LOG = System.getLogger(Failures.class.getName());

    private Failures() {}

    /** The problem itself if it is a failure of the call; else what stands for it, when the log has been told of it. */
    static SyscallException of(Throwable problem, Syscall<?> call) {
        if (problem instanceof SyscallException failure) {
            return failure;
        }
        if (problem instanceof OutOfMemoryError) {
            return new SyscallException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    call.name(),
                    call.subject(),
                    "the kernel is out of memory; use smaller requests, or give its JVM more",
                    problem);
        }
        LOG.log(Level.ERROR, "A fault in " + call.name(), problem);
        return new SyscallException(
                ErrorCode.INTERNAL,
                call.name(),
                call.subject(),
                "a fault of the kernel; its log has the details",
                problem);
    }
}
