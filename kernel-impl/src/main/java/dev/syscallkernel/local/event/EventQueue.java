package dev.syscallkernel.local.event;

import dev.syscallkernel.event.KernelEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one subscriber, and the loop that hands it over. At most one thread at a time runs the loop, so the
 * subscriber hears one signal after the other; all its methods are called outside the lock.
 */
final class EventQueue implements Flow.Subscription {
    private final EnumSet<KernelEvent.Type> wanted;
    private final Flow.Subscriber<? super KernelEvent> subscriber;
    private final Executor executor;
    private final int capacity;
    private final Consumer<EventQueue> onEnd;

    private final Object lock = new Object();
    // All below are guarded by lock.
    private final ArrayDeque<KernelEvent> waiting = new ArrayDeque<>();
    private long dropped;
    private @Nullable Instant droppedAt;
    private long demand;
    private @Nullable Throwable violation;
    private boolean subscribed;
    private boolean completing;
    private boolean ended;
    private boolean running;

    EventQueue(
            EnumSet<KernelEvent.Type> wanted,
            Flow.Subscriber<? super KernelEvent> subscriber,
            Executor executor,
            int capacity,
            Consumer<EventQueue> onEnd) {
        this.wanted = wanted;
        this.subscriber = subscriber;
        this.executor = executor;
        this.capacity = capacity;
        this.onEnd = onEnd;
    }

    boolean wants(KernelEvent.Type type) {
        return wanted.contains(type);
    }

    void start() {
        run();
    }

    void offer(KernelEvent event) {
        synchronized (lock) {
            if (ended || completing) {
                return;
            }
            if (waiting.size() >= capacity) {
                dropped++;
                droppedAt = event.time();
                return;
            }
            noteDropped();
            waiting.add(event);
        }
        run();
    }

    void complete() {
        synchronized (lock) {
            completing = true;
        }
        run();
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
        run();
    }

    @Override
    public void cancel() {
        synchronized (lock) {
            ended = true;
            waiting.clear();
        }
        onEnd.accept(this);
    }

    /** Puts the number of lost events where they would have been. Called under lock. */
    private void noteDropped() {
        if (dropped > 0 && droppedAt != null) {
            waiting.add(new KernelEvent.EventsDropped(droppedAt, dropped));
            dropped = 0;
        }
    }

    private void run() {
        synchronized (lock) {
            if (running || ended) {
                return;
            }
            running = true;
        }
        try {
            executor.execute(this::deliver);
        } catch (RejectedExecutionException closing) {
            cancel(); // The kernel has closed: nobody is left to deliver.
        }
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
            System.getLogger(EventBus.class.getName())
                    .log(System.Logger.Level.WARNING, "An event subscriber failed and was dropped", failure);
        }
    }

    /** What the subscriber has to hear now; null, and the loop over, if nothing. */
    private @Nullable Signal nextSignal() {
        Signal last;
        synchronized (lock) {
            if (ended) {
                running = false;
                return null;
            }
            if (!subscribed) {
                subscribed = true;
                return s -> s.onSubscribe(this);
            }
            if (waiting.isEmpty()) {
                noteDropped();
            }
            KernelEvent event = violation == null && demand > 0 ? waiting.poll() : null;
            if (event != null) {
                demand--;
                return s -> s.onNext(event);
            }
            Throwable failure = violation;
            if (failure != null) {
                last = s -> s.onError(failure);
            } else if (completing && waiting.isEmpty()) {
                last = Flow.Subscriber::onComplete;
            } else {
                running = false;
                return null;
            }
            ended = true;
        }
        onEnd.accept(this);
        return last;
    }

    @FunctionalInterface
    private interface Signal {
        void send(Flow.Subscriber<? super KernelEvent> subscriber);
    }
}
