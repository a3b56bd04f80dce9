package dev.syscallkernel.event;

import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Calls a listener for what a publisher sends, and asks for one event at a time. */
final class ListeningSubscriber implements Subscription, Flow.Subscriber<KernelEvent> {
    /** Stands for "closed before the publisher answered". */
    private static final Flow.Subscription CLOSED = new Flow.Subscription() {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    };

    private final KernelListener listener;
    private final AtomicReference<Flow.@Nullable Subscription> upstream = new AtomicReference<>();

    ListeningSubscriber(KernelListener listener) {
        this.listener = listener;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        if (upstream.compareAndSet(null, subscription)) {
            subscription.request(1);
        } else {
            subscription.cancel();
        }
    }

    @Override
    public void onNext(KernelEvent event) {
        Flow.Subscription current = upstream.get();
        if (current != null && current != CLOSED) {
            listener.onEvent(event);
            current.request(1);
        }
    }

    @Override
    public void onError(Throwable failure) {
        listener.onEnd(failure);
    }

    @Override
    public void onComplete() {
        listener.onEnd(null);
    }

    @Override
    public void close() {
        Flow.Subscription before = upstream.getAndSet(CLOSED);
        if (before != null) {
            before.cancel();
        }
    }
}
