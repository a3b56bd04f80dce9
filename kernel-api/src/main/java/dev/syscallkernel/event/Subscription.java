package dev.syscallkernel.event;

import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A listener's place at the source of what it hears. Thread-safe. */
public interface Subscription extends AutoCloseable {

    /** Ends the subscription; the listener may still hear one item that was under way. Closing twice has no effect. */
    @Override
    void close();

    /** Attaches a listener to a publisher, with demand for one event after the other. */
    static Subscription to(Flow.Publisher<KernelEvent> publisher, KernelListener listener) {
        return to(publisher, listener::onEvent, listener::onEnd);
    }

    /**
     * Attaches a listener to a publisher, with demand for one item after the other.
     *
     * @param onEnd hears why there will be no more, or null if the publisher completed
     */
    static <T> Subscription to(
            Flow.Publisher<T> publisher, Consumer<? super T> listener, Consumer<? super @Nullable Throwable> onEnd) {
        ListeningSubscriber<T> subscriber = new ListeningSubscriber<>(listener, onEnd);
        publisher.subscribe(subscriber);
        return subscriber;
    }
}
