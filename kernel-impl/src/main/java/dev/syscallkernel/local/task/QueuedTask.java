package dev.syscallkernel.local.task;

import dev.syscallkernel.task.Priority;
import org.jspecify.annotations.Nullable;

/** A task's place in the queue of its process. */
abstract class QueuedTask {
    @Nullable
    QueuedTask previous; // while it waits; guarded by the lock of the scheduler

    @Nullable
    QueuedTask next; // the same

    private final ProcessQueue queue;
    private final long order;
    private long nanos; // its virtual deadline while it waits, then when it began; guarded by the lock of the scheduler

    /** @param order of its submission */
    QueuedTask(ProcessQueue queue, long order) {
        this.queue = queue;
        this.order = order;
    }

    /** Its rank. */
    abstract Priority priority();

    /** Does what can be done at once, on the thread of the scheduler. Must not throw. */
    abstract void run();

    final ProcessQueue queue() {
        return queue;
    }

    final long order() {
        return order;
    }

    final void setDeadline(long virtualNanos) {
        nanos = virtualNanos;
    }

    final void setBegan(long nowNanos) {
        nanos = nowNanos;
    }

    /** When it had its turn; never changes after that, so that the thread which runs it needs no lock to look. */
    final long beganNanos() {
        return nanos;
    }

    /** Whether its turn comes before that of another task of its process. */
    final boolean precedes(QueuedTask other) {
        long earlier = nanos - other.nanos; // the origin of nanoTime is arbitrary: only differences count
        return earlier != 0 ? earlier < 0 : order < other.order;
    }
}
