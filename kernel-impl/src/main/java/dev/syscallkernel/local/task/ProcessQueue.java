package dev.syscallkernel.local.task;

import dev.syscallkernel.local.process.LogicalProcess;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The tasks of one process that wait for their turn, and what the process has had of the threads. Guarded by the lock of
 * the scheduler.
 */
final class ProcessQueue extends HeapNode {
    /** What a task is expected to cost before any has been measured. */
    private static final long FIRST_ESTIMATE_NANOS = 20_000;

    private final LogicalProcess process;
    private final IndexedHeap<QueuedTask> waiting = new IndexedHeap<>();
    private final AtomicLong bytes = new AtomicLong(); // not guarded
    private double virtualStart; // nanoseconds of thread time divided by weight
    private long estimate = FIRST_ESTIMATE_NANOS;
    private int running;

    ProcessQueue(LogicalProcess process) {
        this.process = process;
    }

    LogicalProcess process() {
        return process;
    }

    IndexedHeap<QueuedTask> waiting() {
        return waiting;
    }

    /** How many bytes the arguments of its live tasks have. */
    AtomicLong bytes() {
        return bytes;
    }

    double virtualStart() {
        return virtualStart;
    }

    int running() {
        return running;
    }

    /** The process has something to do again: time in which it had nothing is not saved up. */
    void wake(double virtualTime) {
        virtualStart = Math.max(virtualStart, virtualTime);
    }

    /** Charges in advance what the task will probably cost. */
    void begin(QueuedTask task) {
        running++;
        task.setCharge(estimate);
        charge(estimate);
    }

    /** Charges what it really did cost. */
    void end(QueuedTask task, long nanos) {
        running--;
        charge(nanos - task.charge());
        estimate += (nanos - estimate) / 8;
    }

    private void charge(long nanos) {
        virtualStart += (double) nanos / weight(process.priority());
    }

    /** Each step of a process's priority doubles its share of the threads. */
    private static int weight(int priority) {
        return switch (priority) {
            case 1 -> 1;
            case 2 -> 2;
            case 4 -> 8;
            case 5 -> 16;
            default -> 4;
        };
    }

    @Override
    boolean precedes(HeapNode other) {
        ProcessQueue queue = (ProcessQueue) other;
        return virtualStart != queue.virtualStart
                ? virtualStart < queue.virtualStart
                : process.pid().value() < queue.process.pid().value();
    }
}
