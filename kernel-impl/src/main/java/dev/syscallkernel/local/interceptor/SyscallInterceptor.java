package dev.syscallkernel.local.interceptor;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * Sees every syscall of every process, in whichever way it was asked for, after the sandbox has allowed it. An
 * interceptor may write an audit log, ask a human, or refuse. Called on the caller's thread, by many threads at a time.
 */
@FunctionalInterface
public interface SyscallInterceptor {

    /**
     * Called before the work begins; the call waits until this returns.
     *
     * @throws SyscallException to refuse the call: it fails with just this error. Any other exception refuses it too,
     *     as INTERNAL.
     */
    void before(Pid pid, Syscall<?> call);

    /**
     * Called when a call that {@link #before} let pass has ended. What it throws is logged and has no effect. Of calls
     * that have waited, such as a sleep that was submitted as a task, it is called on one of the few threads on which all
     * of them end: one that is slow, or blocks, makes others end late.
     *
     * @param failure the error, or null if the call succeeded
     */
    default void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {}
}
