package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.syscall.Timers;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Those who wait for the end of one task, and those who watch it. Thread-safe. */
final class Followers<R extends @Nullable Object> {
    private final Task<R> task;
    private final Tasks kernel;
    private final CountDownLatch end = new CountDownLatch(1);
    private final Set<CompletableFuture<R>> completions =
            Collections.newSetFromMap(new IdentityHashMap<>()); // guarded by this
    private @Nullable Audience audience; // guarded by this; made when somebody watches

    Followers(Task<R> task, Tasks kernel) {
        this.task = task;
        this.kernel = kernel;
    }

    /** The task has changed: it has another phase. */
    void hear(Phase phase) {
        Audience watching;
        synchronized (this) {
            watching = audience;
        }
        if (watching != null) {
            watching.hear(phase);
        }
    }

    /** It is known by now how long the task takes. */
    void pulse() {
        Audience watching;
        synchronized (this) {
            watching = audience;
        }
        if (watching != null) {
            watching.pulse();
        }
    }

    /** The task has ended, which can be seen. Doing it twice has no effect. */
    void ended() {
        end.countDown();
        List<CompletableFuture<R>> all;
        synchronized (this) {
            all = List.copyOf(completions);
            completions.clear();
        }
        all.forEach(completion -> kernel.callbacks().execute(() -> complete(completion)));
    }

    private void complete(CompletableFuture<R> completion) {
        SyscallException failure = task.phase().failure();
        if (failure == null) {
            completion.complete(task.outcome());
        } else {
            completion.completeExceptionally(failure);
        }
    }

    /**
     * Waits for the end.
     *
     * @throws SyscallException TIMED_OUT or CANCELLED if it has not come
     */
    void await(Duration timeout) {
        try {
            if (!end.await(Math.max(0, Timers.nanos(timeout)), TimeUnit.NANOSECONDS)) {
                throw task.failure(
                        ErrorCode.TIMED_OUT, "the task has not ended within " + timeout + "; it goes on", null);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw task.failure(
                    ErrorCode.CANCELLED, "the waiting thread was interrupted; the task goes on", interrupted);
        }
    }

    /** A future of the result, which leaves nothing behind here if it is completed before the task has ended. */
    CompletableFuture<R> completion() {
        CompletableFuture<R> completion = new CompletableFuture<>();
        synchronized (this) {
            completions.add(completion);
        }
        var unused = completion.whenComplete((result, problem) -> forget(completion));
        return completion;
    }

    @SuppressWarnings("CollectionUndefinedEquality") // The set compares by identity.
    private synchronized void forget(CompletableFuture<R> completion) {
        completions.remove(completion);
    }

    synchronized int waiting() {
        return completions.size();
    }

    synchronized Audience audience() {
        Audience watching = audience;
        if (watching == null) {
            watching = new Audience(task, kernel.timers(), kernel::nanoTime, kernel.callbacks());
            audience = watching;
        }
        return watching;
    }
}
