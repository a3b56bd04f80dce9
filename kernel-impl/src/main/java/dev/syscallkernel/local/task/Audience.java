package dev.syscallkernel.local.task;

import dev.syscallkernel.local.syscall.Timers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Those who watch one task. They are woken for every change of its state, and for its progress at most ten times a second.
 * Thread-safe.
 */
final class Audience {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** A task of which only the time is known tells of each hundredth. */
    private static final int STEPS = 100;

    private final Task<?> task;
    private final Timers timers;
    private final LongSupplier nanoTime;
    private final List<TaskWatch> watches = new CopyOnWriteArrayList<>();
    private final Object lock = new Object();
    private long nextReport; // guarded by lock; nanoseconds, not before which there is to be one
    private boolean reportDue; // guarded by lock
    private boolean pulsing; // guarded by lock
    private volatile int reported; // the latest revision that may be told although it is a report

    Audience(Task<?> task, Timers timers, LongSupplier nanoTime) {
        this.task = task;
        this.timers = timers;
        this.nanoTime = nanoTime;
        this.nextReport = nanoTime.getAsLong();
        this.reported = task.phase().revision();
    }

    void add(TaskWatch watch) {
        watches.add(watch);
        pulse();
    }

    void remove(TaskWatch watch) {
        watches.remove(watch);
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
            wake();
        }
    }

    private void report() {
        long rest;
        synchronized (lock) {
            if (reportDue) {
                return;
            }
            long now = nanoTime.getAsLong();
            rest = nextReport - now;
            if (rest <= 0) {
                nextReport = now + INTERVAL_NANOS;
            } else {
                reportDue = true;
            }
        }
        if (rest <= 0) {
            tell();
        } else {
            var unused = timers.after(Duration.ofNanos(rest), this::tellDue);
        }
    }

    private void tellDue() {
        synchronized (lock) {
            reportDue = false;
            nextReport = nanoTime.getAsLong() + INTERVAL_NANOS;
        }
        tell();
    }

    private void tell() {
        reported = task.phase().revision();
        wake();
    }

    private void wake() {
        watches.forEach(TaskWatch::wake);
    }

    /** Tells from time to time of progress that only the time makes, while there is any and somebody watches. */
    void pulse() {
        synchronized (lock) {
            if (pulsing
                    || watches.isEmpty()
                    || task.lastsNanos() == 0
                    || task.phase().hasEnded()) {
                return;
            }
            pulsing = true;
        }
        var unused = timers.after(Duration.ofNanos(Math.max(INTERVAL_NANOS, task.lastsNanos() / STEPS)), () -> {
            synchronized (lock) {
                pulsing = false;
            }
            if (!watches.isEmpty() && task.reportTime()) {
                pulse();
            }
        });
    }
}
