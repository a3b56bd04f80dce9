package dev.syscallkernel.local.syscall;

import static java.util.Objects.requireNonNullElse;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.local.syscall.SyscallTable.Rule;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one way of every syscall, whichever mode asks for it: is the process alive, does it hold the capability, is
 * there quota left, do the interceptors agree; then the handler; then the event. Thread-safe.
 */
public final class SyscallDispatcher {
    private final SyscallTable table;
    private final Interceptors interceptors;
    private final EventBus events;
    private final Timers timers;
    private final Executor callbacks;
    private final Clock clock;
    private final LongSupplier nanoTime;

    /**
     * @param callbacks completes the futures of callers, whose continuations may block
     * @param nanoTime the clock of time limits, in nanoseconds from an arbitrary origin
     */
    public SyscallDispatcher(
            SyscallTable table,
            List<SyscallInterceptor> interceptors,
            EventBus events,
            Timers timers,
            Executor callbacks,
            Clock clock,
            LongSupplier nanoTime) {
        this.table = table;
        this.interceptors = new Interceptors(interceptors);
        this.events = events;
        this.timers = timers;
        this.callbacks = callbacks;
        this.clock = clock;
        this.nanoTime = nanoTime;
    }

    /** Executes a call and waits for its answer. */
    public <R extends @Nullable Object> R execute(LogicalProcess process, Syscall<R> call, CallControl control) {
        Rule<Syscall<R>, R> rule = table.rule(call);
        if (rule.handler() instanceof Handler.Immediate<Syscall<R>, R> handler) {
            return answerNow(process, call, rule, handler, control);
        }
        return await(future(process, call, rule, control), call);
    }

    /** Starts a call; an immediate one is done when this returns. */
    public <R extends @Nullable Object> CompletableFuture<R> start(
            LogicalProcess process, Syscall<R> call, CallControl control) {
        Rule<Syscall<R>, R> rule = table.rule(call);
        try {
            if (rule.handler() instanceof Handler.Immediate<Syscall<R>, R> handler) {
                return CompletableFuture.completedFuture(answerNow(process, call, rule, handler, control));
            }
            return future(process, call, rule, control);
        } catch (SyscallException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    /** As {@link #start(LogicalProcess, Syscall, CallControl)}, for a control that has a token to cancel the call with. */
    public <R extends @Nullable Object> void start(
            LogicalProcess process, Syscall<R> call, CallControl control, Answer<R> answer) {
        Rule<Syscall<R>, R> rule = table.rule(call);
        R result;
        try {
            if (!(rule.handler() instanceof Handler.Immediate<Syscall<R>, R> handler)) {
                startDeferred(process, call, rule, control, answer);
                return;
            }
            result = answerNow(process, call, rule, handler, control);
        } catch (SyscallException failure) {
            answer.complete(null, failure);
            return;
        }
        answer.complete(result, null);
    }

    /**
     * Lets a call pass all checks without having it handled: for one of several that are done, and answered, together.
     * {@link Admitted#finish} must follow, on the same thread, in the opposite order of the admissions.
     *
     * @throws SyscallException if it is refused, which then was told to all who have to know
     */
    public <R extends @Nullable Object> Admitted admit(LogicalProcess process, Syscall<R> call, CallControl control) {
        process.enter(call.name());
        try {
            return new Admitted(process, call, admit(process, call, table.rule(call), control));
        } catch (RuntimeException | Error refusal) {
            process.leave();
            throw refusal;
        }
    }

    /** A call that has passed all checks. Used by one thread. */
    public final class Admitted {
        private final LogicalProcess process;
        private final Syscall<?> call;
        private final SyscallContext context;

        private Admitted(LogicalProcess process, Syscall<?> call, SyscallContext context) {
            this.process = process;
            this.call = call;
            this.context = context;
        }

        /** What its work is done under. */
        public SyscallContext context() {
            return context;
        }

        /** Its work is over: tells all who have to know. */
        public void finish(@Nullable SyscallException failure) {
            try {
                context.place().close();
                SyscallDispatcher.this.finish(process, call, failure);
            } finally {
                process.leave();
            }
        }
    }

    private <R extends @Nullable Object> R answerNow(
            LogicalProcess process,
            Syscall<R> call,
            Rule<Syscall<R>, R> rule,
            Handler.Immediate<Syscall<R>, R> handler,
            CallControl control) {
        process.enter(call.name());
        try {
            SyscallContext context = admit(process, call, rule, control);
            R answer;
            try {
                context.throwIfCancelled();
                answer = handler.handle(process, context, call);
            } catch (RuntimeException | Error problem) {
                SyscallException failure = Failures.of(problem, call);
                context.place().close();
                finish(process, call, failure);
                throw failure;
            }
            finish(process, call, null);
            return answer;
        } finally {
            process.leave();
        }
    }

    /** Starts a deferred call whose answer is a future. */
    private <R extends @Nullable Object> CompletableFuture<R> future(
            LogicalProcess process, Syscall<R> call, Rule<Syscall<R>, R> rule, CallControl control) {
        CompletableFuture<R> future = new CompletableFuture<>();
        CancellationToken token = startDeferred(process, call, rule, control, (result, problem) -> {
            if (problem == null) {
                future.complete(result);
            } else {
                future.completeExceptionally(problem);
            }
        });
        if (control.cancellation() == null) {
            // Whatever else completes the future, its caller waits for the call no longer.
            var ignored = future.whenComplete(
                    (result, problem) -> token.cancel(ErrorCode.CANCELLED, "the caller does not wait for it any more"));
        }
        return future;
    }

    /** Starts a deferred call. Answers the token of the call, unless it is refused. */
    private <R extends @Nullable Object> CancellationToken startDeferred(
            LogicalProcess process, Syscall<R> call, Rule<Syscall<R>, R> rule, CallControl control, Answer<R> answer) {
        process.enter(call.name());
        try {
            SyscallContext context = admit(process, call, rule, control);
            CancellationToken token = context.cancellation();
            context.place().releaseBy(() -> token.cancel(ErrorCode.CANCELLED, "the process has ended"));
            pass(control, token);
            Duration timeout = control.timeout();
            Future<?> timer = timeout == null ? null : timers.after(timeout, token::timeOut);
            Executor answers = requireNonNullElse(control.answers(), callbacks);
            begin(process, call, rule, context, new Waiting<>(process, call, context, timer, answers, answer));
            return token;
        } finally {
            process.leave();
        }
    }

    /** A deferred call under way, whose answer is passed on by the threads for that. */
    private final class Waiting<R extends @Nullable Object> implements Answer<R>, Runnable {
        private final LogicalProcess process;
        private final Syscall<R> call;
        private final SyscallContext context;
        private final @Nullable Future<?> timer;
        private final Executor answers;
        private final Answer<R> answer;
        private @Nullable R result; // handed over to the thread that runs this, like the problem
        private @Nullable Throwable problem;

        private Waiting(
                LogicalProcess process,
                Syscall<R> call,
                SyscallContext context,
                @Nullable Future<?> timer,
                Executor answers,
                Answer<R> answer) {
            this.process = process;
            this.call = call;
            this.context = context;
            this.timer = timer;
            this.answers = answers;
            this.answer = answer;
        }

        @Override
        public void complete(@Nullable R given, @Nullable Throwable why) {
            result = given;
            problem = why;
            if (timer != null) {
                timer.cancel(false);
            }
            try {
                answers.execute(this);
            } catch (RejectedExecutionException closed) {
                run(); // the kernel has closed meanwhile, and somebody may wait for the answer
            }
        }

        @Override
        public void run() {
            context.place().close();
            SyscallException failure = problem == null ? null : Failures.of(problem, call);
            finish(process, call, failure);
            answer.complete(failure == null ? result : null, failure);
        }
    }

    /** Lets whoever controls a deferred call cancel it; an immediate one looks for itself. */
    private static void pass(CallControl control, CancellationToken token) {
        CancellationToken cancellation = control.cancellation();
        if (cancellation != null && cancellation != token) {
            cancellation.onCancel(() -> {
                CancellationToken.Reason reason = cancellation.reason();
                if (reason != null) {
                    token.cancel(reason.code(), reason.text());
                }
            });
        }
    }

    private static <R extends @Nullable Object> void begin(
            LogicalProcess process,
            Syscall<R> call,
            Rule<Syscall<R>, R> rule,
            SyscallContext context,
            Answer<R> answer) {
        if (!(rule.handler() instanceof Handler.Deferred<Syscall<R>, R> handler)) {
            throw new IllegalStateException("not a deferred call: " + call.name());
        }
        try {
            context.throwIfCancelled();
            handler.handle(process, context, call, answer);
        } catch (RuntimeException | Error problem) {
            answer.complete(null, problem);
        }
    }

    /** All checks before the work: capability, quota, interceptors. */
    private <R extends @Nullable Object> SyscallContext admit(
            LogicalProcess process, Syscall<R> call, Rule<Syscall<R>, R> rule, CallControl control) {
        Place place = Place.NONE;
        try {
            Sandbox sandbox = process.sandbox();
            ResourceLimits limits = process.limits(sandbox);
            requireCapabilities(sandbox, rule.capabilities(), call);
            if (rule.holds() != null && !(control.counted() && rule.holds() == Resources.Kind.WAITING_CALL)) {
                place = process.resources().take(rule.holds(), limits, call);
            }
            CancellationToken token = token(process, control);
            SyscallContext context =
                    new SyscallContext(call.name(), call::subject, sandbox, limits, place, token, control.progress());
            interceptors.before(process.pid(), call);
            return context;
        } catch (RuntimeException | Error problem) {
            SyscallException refusal = Failures.of(problem, call);
            place.close();
            report(process, call, refusal);
            throw refusal;
        }
    }

    private CancellationToken token(LogicalProcess process, CallControl control) {
        CancellationToken cancellation = control.cancellation();
        Duration timeout = control.timeout();
        if (cancellation != null && timeout == null && cancellation.belongsTo(process.cancellation())) {
            return cancellation; // it can do all that one of the call's own could
        }
        return new CancellationToken(
                process.cancellation(),
                cancellation,
                nanoTime,
                timeout == null ? Long.MAX_VALUE : Timers.nanos(timeout));
    }

    private static void requireCapabilities(Sandbox sandbox, Set<Capability> needed, Syscall<?> call) {
        for (Capability capability : needed) {
            if (!sandbox.capabilities().contains(capability)) {
                throw SyscallException.missingCapability(call.name(), call.subject(), capability);
            }
        }
    }

    /** The work is over: tells the interceptors, then everybody else. */
    private void finish(LogicalProcess process, Syscall<?> call, @Nullable SyscallException failure) {
        interceptors.after(process.pid(), call, failure);
        report(process, call, failure);
    }

    private void report(LogicalProcess process, Syscall<?> call, @Nullable SyscallException failure) {
        process.count(failure == null);
        if (failure != null
                && failure.code() == ErrorCode.PERMISSION_DENIED
                && events.wants(KernelEvent.Type.PERMISSION_DENIED)) {
            events.publish(
                    new KernelEvent.PermissionDenied(clock.instant(), process.pid(), call.name(), failure.summary()));
        }
        if (events.wants(KernelEvent.Type.SYSCALL_EXECUTED)) {
            events.publish(
                    new KernelEvent.SyscallExecuted(clock.instant(), process.pid(), call.name(), failure == null));
        }
    }

    private static <R extends @Nullable Object> R await(CompletableFuture<R> answer, Syscall<R> call) {
        try {
            return answer.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            answer.cancel(false);
            throw new SyscallException(
                    ErrorCode.CANCELLED,
                    call.name(),
                    call.subject(),
                    "the waiting thread was interrupted",
                    interrupted);
        } catch (ExecutionException problem) {
            Throwable cause = problem.getCause();
            throw Failures.of(cause == null ? problem : cause, call);
        }
    }
}
