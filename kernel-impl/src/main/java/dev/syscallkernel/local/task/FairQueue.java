package dev.syscallkernel.local.task;

import org.jspecify.annotations.Nullable;

/**
 * Says which task is next. Not thread-safe.
 *
 * <p>Between processes: start-time fair queueing (Goyal, Vin and Cheng, 1996). Each process has a virtual time that
 * advances by what its tasks cost, divided by its weight; the one that is least far advanced is next. One that had nothing
 * to do starts where the others are.
 *
 * <p>Within a process: the least virtual deadline, which is the time of submission less one ageing step for each step of
 * priority. It never changes, so nothing is ever sorted again, and nothing starves: a task is overtaken only by those
 * submitted within the difference of their priorities, times the step.
 */
final class FairQueue {
    private final long agingStepNanos;
    private final int maxRunning;
    private final IndexedHeap<ProcessQueue> ready = new IndexedHeap<>(); // those that have a task which may run
    private double virtualTime;

    /** @param maxRunning how many tasks of one process may be on threads at a time */
    FairQueue(long agingStepNanos, int maxRunning) {
        this.agingStepNanos = agingStepNanos;
        this.maxRunning = maxRunning;
    }

    /** Whether {@link #poll} would find a task. */
    boolean isReady() {
        return !ready.isEmpty();
    }

    void add(QueuedTask task, long nowNanos) {
        ProcessQueue queue = task.queue();
        if (queue.waiting().isEmpty() && queue.running() == 0) {
            queue.wake(virtualTime);
        }
        task.setDeadline(nowNanos - task.priority().rank() * agingStepNanos);
        queue.waiting().add(task);
        arrange(queue);
    }

    /** Takes a task out before its turn. Returns whether it was waiting. */
    boolean remove(QueuedTask task) {
        boolean removed = task.queue().waiting().remove(task);
        arrange(task.queue());
        return removed;
    }

    /** Takes out the next task; null if there is none that may run. {@link #end} must follow. */
    @Nullable
    QueuedTask poll() {
        ProcessQueue queue = ready.first();
        QueuedTask task = queue == null ? null : queue.waiting().poll();
        if (queue == null || task == null) {
            return null;
        }
        virtualTime = Math.max(virtualTime, queue.virtualStart());
        queue.begin(task);
        arrange(queue);
        return task;
    }

    /** The task has left its thread. */
    void end(QueuedTask task, long costNanos) {
        task.queue().end(task, costNanos);
        arrange(task.queue());
    }

    private void arrange(ProcessQueue queue) {
        boolean wanted = !queue.waiting().isEmpty() && queue.running() < maxRunning;
        if (queue.index == HeapNode.OUTSIDE) {
            if (wanted) {
                ready.add(queue);
            }
        } else if (wanted) {
            ready.settle(queue);
        } else {
            ready.remove(queue);
        }
    }
}
