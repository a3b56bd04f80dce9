package dev.syscallkernel.local.task;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Says which task is next. Not thread-safe.
 *
 * <p>Between processes: start-time fair queueing (Goyal, Vin and Cheng, 1996). Each process has a virtual time that
 * advances by what its tasks use of the threads, divided by its weight; the one that is least far advanced is next. What
 * runs is charged as it goes, not when it ends, since one task can be as long as thousands of others. One that had
 * nothing to do starts where the others are: where the first of those is that want more than they have, or, if none does,
 * where the last of those is that run.
 *
 * <p>Within a process: the least virtual deadline, which is the time of submission less one ageing step for each step of
 * priority. It never changes, so nothing is ever sorted again, and nothing starves: a task is overtaken only by those
 * submitted within the difference of their priorities, times the step.
 */
final class FairQueue {
    private final long agingStepNanos;
    private final int maxRunning;
    private final IndexedHeap<ProcessQueue> ready = new IndexedHeap<>(); // those that have a task which may run
    private final List<ProcessQueue> running = new ArrayList<>(); // those that have a task on a thread: a few
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
        if (queue.waiting().isEmpty()) {
            settle(nowNanos);
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
    QueuedTask poll(long nowNanos) {
        settle(nowNanos);
        ProcessQueue queue = ready.first();
        QueuedTask task = queue == null ? null : queue.waiting().poll();
        if (queue == null || task == null) {
            return null;
        }
        if (queue.running() == 0) {
            queue.settle(nowNanos); // from here on it uses something
            running.add(queue);
        }
        task.setBegan(nowNanos);
        queue.begin();
        arrange(queue);
        return task;
    }

    /** The task has left its thread. */
    void end(QueuedTask task, long nowNanos) {
        settle(nowNanos);
        ProcessQueue queue = task.queue();
        queue.end(nowNanos - task.beganNanos());
        if (queue.running() == 0) {
            running.remove(queue);
        }
        arrange(queue);
    }

    /** Charges those that run, and finds out how far the virtual time has come by that. */
    private void settle(long nowNanos) {
        double least = Double.POSITIVE_INFINITY; // of those that want more
        double most = 0;
        for (ProcessQueue queue : running) {
            queue.settle(nowNanos);
            if (queue.index != HeapNode.OUTSIDE) {
                ready.settle(queue);
            }
            if (!queue.waiting().isEmpty()) {
                least = Math.min(least, queue.used());
            }
            most = Math.max(most, queue.used());
        }
        ProcessQueue first = ready.first();
        if (first != null) {
            least = Math.min(least, first.used());
        }
        virtualTime = Math.max(virtualTime, least < Double.POSITIVE_INFINITY ? least : most);
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
