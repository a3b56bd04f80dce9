package dev.syscallkernel.local.task;

import java.lang.System.Logger.Level;
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
    private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

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
            wakeThread();
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

    private void wakeThread() {
        try {
            executor.execute(this::work);
        } catch (RuntimeException | Error failure) { // such as OutOfMemoryError: unable to create native thread
            boolean stuck;
            synchronized (lock) {
                waking = false;
                threads--;
                stuck = threads == 0;
            }
            warn("No thread for tasks could be started", failure);
            if (stuck) {
                throw failure; // else those that are at work do the rest, and the next task wakes another
            }
        }
    }

    private void work() {
        QueuedTask task = first();
        while (task != null) {
            try {
                task.run();
            } catch (Throwable fault) { // it must not throw; but the other tasks must not suffer from it if it does
                warn("A task broke the thread it was on", fault);
            }
            task = next(task);
        }
    }

    private static void warn(String what, Throwable problem) {
        try {
            LOG.log(Level.ERROR, what, problem);
        } catch (Throwable ignored) {
            // A logger that fails, perhaps for want of memory, must not end the scheduling.
        }
    }

    private @Nullable QueuedTask first() {
        QueuedTask task;
        boolean wake;
        synchronized (lock) {
            waking = false;
            task = pollOrLeave(nanoTime.getAsLong());
            wake = needsThread();
        }
        if (wake) {
            wakeThread(); // which does not throw: this thread is at work
        }
        return task;
    }

    private @Nullable QueuedTask next(QueuedTask done) {
        synchronized (lock) {
            long now = nanoTime.getAsLong();
            queue.end(done, now);
            return pollOrLeave(now);
        }
    }

    /** Called under lock. */
    private @Nullable QueuedTask pollOrLeave(long nowNanos) {
        QueuedTask task = queue.poll(nowNanos);
        if (task == null) {
            threads--;
        }
        return task;
    }
}
