package dev.syscallkernel.local.syscall;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Does the work of one kind of syscall, once all checks have passed. */
public sealed interface Handler<C extends Syscall<R>, R extends @Nullable Object> {

    /** Answers on the caller's thread. */
    @FunctionalInterface
    non-sealed interface Immediate<C extends Syscall<R>, R extends @Nullable Object> extends Handler<C, R> {
        R handle(LogicalProcess process, SyscallContext context, C call);
    }

    /** Answers later and holds no thread until then. Ends early when the context's token is cancelled. */
    @FunctionalInterface
    non-sealed interface Deferred<C extends Syscall<R>, R extends @Nullable Object> extends Handler<C, R> {
        CompletableFuture<R> handle(LogicalProcess process, SyscallContext context, C call);
    }
}
