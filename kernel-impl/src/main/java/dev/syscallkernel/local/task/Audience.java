package dev.syscallkernel.local.task;

import dev.syscallkernel.local.syscall.Timers;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Those who watch one task. They are woken for every change of its state, and for its progress at most ten times a second;
 * never by the thread that makes the change, which has better things to do. Thread-safe.
 */
final class Audience {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** A task of which only the time is known tells of each hundredth. */
    private static final int STEPS = 100;

    private final Task<?> task;
    private final Timers timers;
    private final LongSupplier nanoTime;
    private final Executor callbacks;
    private final Object lock = new Object();
    private final Set<TaskWatch> watches = new LinkedHashSet<>(); // guarded by lock
    private long nextReport; // guarded by lock; nanoseconds, not before which there is to be one
    private @Nullable Future<?> due; // guarded by lock; the report that is to come
    private @Nullable Future<?> pulse; // guarded by lock; the next look at the time
    private boolean waking; // guarded by lock; whether somebody is about to wake the watches
    private volatile int reported; // the latest revision that may be told although it is a report

    Audience(Task<?> task, Timers timers, LongSupplier nanoTime, Executor callbacks) {
        this.task = task;
        this.timers = timers;
        this.nanoTime = nanoTime;
        this.callbacks = callbacks;
        this.nextReport = nanoTime.getAsLong();
        this.reported = task.phase().revision();
    }

    void add(TaskWatch watch) {
        synchronized (lock) {
            watches.add(watch);
        }
        pulse();
    }

    void remove(TaskWatch watch) {
        synchronized (lock) {
            watches.remove(watch);
            if (watches.isEmpty()) {
                stopTimers();
            }
        }
    }

    /** Called under lock. */
    private void stopTimers() {
        if (due != null) {
            due.cancel(false);
            due = null;
        }
        if (pulse != null) {
            pulse.cancel(false);
            pulse = null;
        }
    }

    /** Whether this report may be told by now. */
    boolean mayTell(Phase report) {
        return report.revision() <= reported;
    }

    /** The task has changed. */
    void hear(Phase phase) {
        if (phase.isReport()) {
            report();
        } else {
            if (phase.hasEnded()) {
                synchronized (lock) {
                    stopTimers();
                }
            }
            wake();
        }
    }

    private void report() {
        synchronized (lock) {
            if (due != null || watches.isEmpty()) {
                return;
            }
            long rest = nextReport - nanoTime.getAsLong();
            if (rest > 0) {
                due = timers.after(Duration.ofNanos(rest), this::tell);
                return;
            }
        }
        tell();
    }

    private void tell() {
        synchronized (lock) {
            due = null;
            nextReport = nanoTime.getAsLong() + INTERVAL_NANOS;
        }
        reported = task.phase().revision();
        wake();
    }

    private void wake() {
        synchronized (lock) {
            if (waking || watches.isEmpty()) {
                return;
            }
            waking = true;
        }
        callbacks.execute(this::wakeAll);
    }

    private void wakeAll() {
        List<TaskWatch> all;
        synchronized (lock) {
            waking = false;
            all = List.copyOf(watches);
        }
        all.forEach(TaskWatch::wake);
    }

    /** Tells from time to time of progress that only the time makes, while there is any and somebody watches. */
    void pulse() {
        synchronized (lock) {
            if (pulse == null
                    && !watches.isEmpty()
                    && task.lastsNanos() != 0
                    && !task.phase().isOver()) {
                pulse = timers.after(
                        Duration.ofNanos(Math.max(INTERVAL_NANOS, task.lastsNanos() / STEPS)), this::tellTime);
            }
        }
    }

    private void tellTime() {
        synchronized (lock) {
            pulse = null;
        }
        if (task.reportTime()) {
            pulse();
        }
    }
}
