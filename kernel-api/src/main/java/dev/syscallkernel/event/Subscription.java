package dev.syscallkernel.event;

import java.util.concurrent.Flow;

/** A listener's place at the source of events. Thread-safe. */
public interface Subscription extends AutoCloseable {

    /** Ends the subscription; the listener may still hear one event that was under way. Closing twice has no effect. */
    @Override
    void close();

    /** Attaches a listener to a publisher, with demand for one event after the other. */
    static Subscription to(Flow.Publisher<KernelEvent> publisher, KernelListener listener) {
        ListeningSubscriber subscriber = new ListeningSubscriber(listener);
        publisher.subscribe(subscriber);
        return subscriber;
    }
}
