package dev.syscallkernel.local.syscall;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs actions later, any number of them with one thread, which only hands actions over to others when their time
 * has come. Thread-safe.
 */
public final class Timers implements AutoCloseable {
    private final ScheduledThreadPoolExecutor clock;
    private final Executor executor;

    public Timers(ThreadFactory threads, Executor executor) {
        this.clock = new ScheduledThreadPoolExecutor(1, threads);
        this.clock.setRemoveOnCancelPolicy(true);
        this.clock.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        this.executor = executor;
    }

    /** Runs the action after the delay, unless the future is cancelled before. Never, once the timers are closed. */
    public Future<?> after(Duration delay, Runnable action) {
        return handingOver(delay, () -> {
            executor.execute(action);
            return null;
        });
    }

    /**
     * The same for an action that only hands something over to other threads, which the timers' own thread then does.
     *
     * @param action a Callable, since a Runnable would be wrapped into one
     */
    public Future<?> handingOver(Duration delay, Callable<@Nullable Void> action) {
        try {
            return clock.schedule(action, nanos(delay), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            return new CompletableFuture<>();
        }
    }

    /** Runs the action again and again, with this much time from one end to the next beginning. */
    public void every(Duration pause, Runnable action) {
        var unused = after(pause, () -> {
            try {
                action.run();
            } finally {
                every(pause, action);
            }
        });
    }

    /** How many actions wait for their time. */
    public int pending() {
        return clock.getQueue().size();
    }

    /** The duration in nanoseconds, or the greatest number of them that a timer can wait. */
    public static long nanos(Duration duration) {
        // Half the range, because the executor compares by difference.
        return duration.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) >= 0 ? Long.MAX_VALUE / 2 : duration.toNanos();
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
