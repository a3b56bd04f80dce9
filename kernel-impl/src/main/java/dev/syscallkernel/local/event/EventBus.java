package dev.syscallkernel.local.event;

import dev.syscallkernel.event.KernelEvent;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;

/**
 * Hands events to subscribers. Publishing takes constant time for each subscriber and never waits for one: each has a
 * bounded queue, and what does not fit is counted and reported to it. Thread-safe.
 */
public final class EventBus implements AutoCloseable {
    /** How many events may wait for one subscriber. */
    static final int CAPACITY = 1024;

    private final Executor executor;
    private final List<EventQueue> queues = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** @param executor runs the subscribers; one that blocks keeps one thread of it */
    public EventBus(Executor executor) {
        this.executor = executor;
    }

    /** Whether anybody wants such events, so that they need not be made for nobody. */
    public boolean wants(KernelEvent.Type type) {
        for (EventQueue queue : queues) {
            if (queue.wants(type)) {
                return true;
            }
        }
        return false;
    }

    public void publish(KernelEvent event) {
        for (EventQueue queue : queues) {
            if (queue.wants(event.type())) {
                queue.offer(event);
            }
        }
    }

    /** The events of these types, or of all if none is named; each subscriber gets those from its subscription on. */
    public Flow.Publisher<KernelEvent> publisher(Set<KernelEvent.Type> types) {
        EnumSet<KernelEvent.Type> wanted =
                types.isEmpty() ? EnumSet.allOf(KernelEvent.Type.class) : EnumSet.copyOf(types);
        return subscriber -> {
            EventQueue queue = new EventQueue(wanted, subscriber, executor, CAPACITY, queues::remove);
            queues.add(queue);
            queue.start();
            if (closed) {
                queue.complete();
            }
        };
    }

    /** Completes every subscriber after what already waits for it. */
    @Override
    public void close() {
        closed = true;
        queues.forEach(EventQueue::complete);
    }
}
