package dev.syscallkernel.local.task;

import dev.syscallkernel.task.TaskStatus;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Tells one subscriber of one task. Nothing waits for it here: what it has to hear next is found by looking at the task
 * when it has asked. At most one thread at a time does so, and calls the subscriber outside the lock.
 */
final class TaskWatch implements Flow.Subscription {
    private static final System.Logger LOG = System.getLogger(TaskWatch.class.getName());

    private final Task<?> task;
    private final Audience audience;
    private final Flow.Subscriber<? super TaskStatus> subscriber;
    private final Executor executor;

    private final Object lock = new Object();
    // All below are guarded by lock.
    private long seen;
    private boolean known; // whether what was seen is a status that the subscriber has
    private long demand;
    private @Nullable Throwable violation;
    private boolean subscribed;
    private boolean ended;
    private boolean running;

    /** @param seen the revision that the subscriber knows; 0 for none */
    TaskWatch(
            Task<?> task,
            Audience audience,
            Flow.Subscriber<? super TaskStatus> subscriber,
            long seen,
            Executor executor) {
        this.task = task;
        this.audience = audience;
        this.subscriber = subscriber;
        this.seen = seen;
        this.known = seen > 0;
        this.executor = executor;
    }

    void start() {
        audience.add(this);
        wake();
    }

    /** There may be something to tell. */
    void wake() {
        synchronized (lock) {
            if (running || ended) {
                return;
            }
            running = true;
        }
        try {
            executor.execute(this::deliver);
        } catch (RuntimeException | Error failure) { // the next change, or the next demand, tries again
            synchronized (lock) {
                running = false;
            }
            throw failure;
        }
    }

    @Override
    public void request(long n) {
        synchronized (lock) {
            if (n <= 0) {
                violation = new IllegalArgumentException("demand must be positive: " + n);
            } else {
                demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
            }
        }
        wake();
    }

    @Override
    public void cancel() {
        synchronized (lock) {
            ended = true;
        }
        audience.remove(this);
    }

    private void deliver() {
        try {
            Signal signal = nextSignal();
            while (signal != null) {
                signal.send(subscriber);
                signal = nextSignal();
            }
        } catch (Throwable failure) {
            cancel(); // A subscriber that throws ends its own subscription, as Flow demands.
            LOG.log(System.Logger.Level.WARNING, "A watcher of a task failed and was dropped", failure);
        }
    }

    /** What the subscriber has to hear now; null, and the loop over, if nothing. */
    private @Nullable Signal nextSignal() {
        Signal last;
        synchronized (lock) {
            if (ended) {
                return null;
            }
            if (!subscribed) {
                subscribed = true;
                return s -> s.onSubscribe(this);
            }
            Phase phase = task.phase(); // once: if it ended between two looks, its end would be taken for told
            Signal signal = look(phase);
            if (signal != null) {
                return signal;
            }
            Throwable failure = violation;
            if (failure != null) {
                last = s -> s.onError(failure);
            } else if (seen >= phase.revision() && phase.hasEnded()) {
                last = Flow.Subscriber::onComplete;
            } else {
                running = false;
                return null;
            }
            ended = true;
        }
        audience.remove(this);
        return last;
    }

    /** The next status, if there is one that is wanted. Called under lock. */
    private @Nullable Signal look(Phase phase) {
        if (violation != null || demand == 0 || phase.revision() <= seen) {
            return null;
        }
        Phase next = known ? phase.firstAfter(seen) : phase;
        if (known && next.isReport() && !audience.mayTell(next)) {
            return null;
        }
        known = true;
        seen = next.revision();
        demand--;
        TaskStatus status = task.status(next);
        return s -> s.onNext(status);
    }

    @FunctionalInterface
    private interface Signal {
        void send(Flow.Subscriber<? super TaskStatus> subscriber);
    }
}
