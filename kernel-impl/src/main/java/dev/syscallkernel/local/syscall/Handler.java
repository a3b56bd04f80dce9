package dev.syscallkernel.local.syscall;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import org.jspecify.annotations.Nullable;

/** Does the work of one kind of syscall, once all checks have passed. */
public sealed interface Handler<C extends Syscall<R>, R extends @Nullable Object> {

    /** Answers on the caller's thread. */
    @FunctionalInterface
    non-sealed interface Immediate<C extends Syscall<R>, R extends @Nullable Object> extends Handler<C, R> {
        R handle(LogicalProcess process, SyscallContext context, C call);
    }

    /**
     * Answers later, exactly once, and holds no thread until then. Ends early when the context's token is cancelled. What
     * is done with the answer takes no time, on whichever thread it comes. What it throws is the answer, so it must not
     * throw once it has passed that on.
     */
    @FunctionalInterface
    non-sealed interface Deferred<C extends Syscall<R>, R extends @Nullable Object> extends Handler<C, R> {
        void handle(LogicalProcess process, SyscallContext context, C call, Answer<R> answer);
    }
}
