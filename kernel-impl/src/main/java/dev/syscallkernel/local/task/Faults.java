package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;

/** Makes the failure of a task of what went wrong in its work. */
final class Faults {
    private static final System.Logger LOG = System.getLogger(Faults.class.getName());

    private Faults() {}

    static SyscallException failure(Task<?> task, Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (!(cause instanceof SyscallException failure)) {
            return fault(task, cause);
        }
        boolean orphaned = task.queue().cancellation().reason() != null;
        return failure.code() == ErrorCode.NO_SUCH_PROCESS && orphaned
                ? task.failure(ErrorCode.CANCELLED, "the process has ended", failure)
                : failure;
    }

    /** What should not have happened. */
    static SyscallException fault(Task<?> task, Throwable problem) {
        LOG.log(Level.ERROR, "A fault in the " + task, problem);
        return task.failure(ErrorCode.INTERNAL, "a fault of the kernel; its log has the details", problem);
    }
}
