package dev.syscallkernel.local.task;

import dev.syscallkernel.Pid;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.process.LogicalProcess;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one process that wait for their turn, and what the process has had of the threads. Guarded by the lock of
 * the scheduler.
 */
final class ProcessQueue extends HeapNode {
    /** What a task is expected to cost before any has been measured. */
    private static final long FIRST_ESTIMATE_NANOS = 20_000;

    /** The most that is charged before it is used: nobody shall wait long for time that he may not take. */
    private static final long MAX_ESTIMATE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Pid pid;
    private final CancellationToken cancellation;
    private volatile @Nullable LogicalProcess process; // not guarded
    private final WaitingTasks waiting = new WaitingTasks();
    private final AtomicLong bytes = new AtomicLong(); // not guarded
    private double used; // of the threads up to settledAt, in nanoseconds divided by weight
    private long settledAt;
    private int weight = 1;
    private int running;
    private long estimate = FIRST_ESTIMATE_NANOS;

    ProcessQueue(LogicalProcess process) {
        this.pid = process.pid();
        this.cancellation = process.cancellation();
        this.process = process;
    }

    Pid pid() {
        return pid;
    }

    /** Cancelled when the process ends. */
    CancellationToken cancellation() {
        return cancellation;
    }

    /** The process has ended; its tasks are remembered for some time, but need not keep all that it was. */
    void orphan() {
        process = null;
    }

    WaitingTasks waiting() {
        return waiting;
    }

    /** How many bytes the arguments of its live tasks have. */
    AtomicLong bytes() {
        return bytes;
    }

    /** What it has used of the threads when it was last settled. */
    double used() {
        return used;
    }

    /** Its virtual time for the choice of the next task: what it has used, and what those that run will probably use. */
    private double virtualStart() {
        return used + (double) running * Math.min(estimate, MAX_ESTIMATE_NANOS) / weight;
    }

    int running() {
        return running;
    }

    /** Charges what those that run have used since it was done last. */
    void settle(long nowNanos) {
        used += (double) running * (nowNanos - settledAt) / weight;
        settledAt = nowNanos;
        LogicalProcess owner = process;
        weight = weight(owner == null ? 0 : owner.priority());
    }

    /** The process wants something again: time in which it wanted nothing is not saved up. */
    void wake(double virtualTime) {
        used = Math.max(used, virtualTime);
    }

    void begin() {
        running++;
    }

    void end(long costNanos) {
        running--;
        estimate += (costNanos - estimate) / 8;
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
        double start = virtualStart();
        double otherStart = queue.virtualStart();
        return start != otherStart ? start < otherStart : pid.value() < queue.pid.value();
    }
}
