package dev.syscallkernel.task;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.Subscription;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A handle to a submitted syscall. Handles with the same id are interchangeable, and losing one ends nothing: the task
 * goes on until it ends, is cancelled, or its process ends. Its end is remembered for some time, an hour unless the
 * kernel was told otherwise; after that every method fails with NOT_FOUND on a remote kernel, while a handle in the same
 * JVM remembers for as long as it is kept.
 *
 * <p>Thread-safe. What is called back, through {@link #completion} or a subscription, is never called on a thread that
 * the kernel needs: it may block, and what it throws harms nobody else.
 *
 * @param <R> what the syscall answers
 */
public interface TaskHandle<R extends @Nullable Object> {

    TaskId id();

    /** The task at this moment. */
    TaskStatus status();

    /**
     * Waits for the end of the task and answers its result.
     *
     * @param timeout how long to wait; zero to look without waiting
     * @throws SyscallException the one in which the task failed; CANCELLED if it was cancelled, or if the waiting thread
     *     is interrupted (its interrupt status stays set); TIMED_OUT when the time is up, which does not touch the task
     */
    R await(Duration timeout);

    /**
     * Completes with the result of the task, or with the {@link SyscallException} in which it ended. Completing or
     * cancelling the stage itself does not touch the task.
     */
    CompletionStage<R> completion();

    /**
     * The task from now on: its present status, then every change of its state, and at most ten reports of its progress a
     * second; completes after its end. A subscriber that is slow misses reports of progress, never a change of state.
     */
    default Flow.Publisher<TaskStatus> watch() {
        return watch(0);
    }

    /**
     * As {@link #watch()}, but going on after a status that is known already: every change of state since then is told,
     * even if it was long ago.
     *
     * @param afterRevision the revision of the status that is known; 0 for none
     */
    Flow.Publisher<TaskStatus> watch(long afterRevision);

    /**
     * Calls a listener with what {@link #watch()} tells, one status after the other. A listener that throws ends its own
     * subscription.
     */
    default Subscription onProgress(Consumer<? super TaskStatus> listener) {
        return Subscription.to(watch(), listener, end -> {});
    }

    /**
     * Cancels the task. One that has not begun never will; one that has begun is told to stop, and is CANCELLED once it
     * really has: until then it is RUNNING. It may still complete or fail, if it was about to.
     *
     * @return whether the task had not ended yet; false changes nothing
     */
    boolean cancel();
}
