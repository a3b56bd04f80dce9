package dev.syscallkernel.local.task;

import dev.syscallkernel.task.Priority;

/** A task's place in the queue of its process. */
abstract class QueuedTask extends HeapNode {
    private final ProcessQueue queue;
    private final long order;
    private long deadline; // guarded by the lock of the scheduler; virtual, in nanoseconds
    private long charge; // guarded by the lock of the scheduler; what was charged for it in advance, in nanoseconds

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

    final void setDeadline(long nanos) {
        deadline = nanos;
    }

    final long charge() {
        return charge;
    }

    final void setCharge(long nanos) {
        charge = nanos;
    }

    @Override
    final boolean precedes(HeapNode other) {
        QueuedTask task = (QueuedTask) other;
        long earlier = deadline - task.deadline; // the origin of nanoTime is arbitrary: only differences count
        return earlier != 0 ? earlier < 0 : order < task.order;
    }
}
