package dev.syscallkernel.local.task;

import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks on the threads of an executor, as many at a time as it is allowed. Thread-safe.
 *
 * <p>A thread that has begun goes on as long as there are tasks. Threads are woken one at a time: the one that wakes finds
 * out whether the next one is needed, so that a flood of small tasks does not wake more than can be fed.
 */
final class Scheduler {
    private final Executor executor;
    private final int maxThreads;
    private final LongSupplier nanoTime;
    private final Object lock = new Object();
    private final FairQueue queue; // guarded by lock
    private int threads; // guarded by lock; those that work, and the one that wakes
    private boolean waking; // guarded by lock

    Scheduler(Executor executor, int maxThreads, LongSupplier nanoTime, FairQueue queue) {
        this.executor = executor;
        this.maxThreads = maxThreads;
        this.nanoTime = nanoTime;
        this.queue = queue;
    }

    void add(QueuedTask task) {
        boolean wake;
        synchronized (lock) {
            queue.add(task, nanoTime.getAsLong());
            wake = needsThread();
        }
        if (wake) {
            executor.execute(this::work);
        }
    }

    /** Takes a task out before its turn. Returns whether it was waiting. */
    boolean remove(QueuedTask task) {
        synchronized (lock) {
            return queue.remove(task);
        }
    }

    /** Whether a further thread has to be woken; it counts from here on. Called under lock. */
    private boolean needsThread() {
        if (waking || threads == maxThreads || !queue.isReady()) {
            return false;
        }
        threads++;
        waking = true;
        return true;
    }

    private void work() {
        QueuedTask task = first();
        while (task != null) {
            long begin = nanoTime.getAsLong();
            task.run();
            task = next(task, nanoTime.getAsLong() - begin);
        }
    }

    private @Nullable QueuedTask first() {
        QueuedTask task;
        boolean wake;
        synchronized (lock) {
            waking = false;
            task = pollOrLeave();
            wake = needsThread();
        }
        if (wake) {
            executor.execute(this::work);
        }
        return task;
    }

    private @Nullable QueuedTask next(QueuedTask done, long costNanos) {
        synchronized (lock) {
            queue.end(done, costNanos);
            return pollOrLeave();
        }
    }

    /** Called under lock. */
    private @Nullable QueuedTask pollOrLeave() {
        QueuedTask task = queue.poll();
        if (task == null) {
            threads--;
        }
        return task;
    }
}
