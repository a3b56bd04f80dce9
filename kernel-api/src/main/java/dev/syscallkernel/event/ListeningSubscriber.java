package dev.syscallkernel.event;

import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Calls a listener for what a publisher sends, and asks for one item at a time. */
final class ListeningSubscriber<T> implements Subscription, Flow.Subscriber<T> {
    /** Stands for "closed before the publisher answered". */
    private static final Flow.Subscription CLOSED = new Flow.Subscription() {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    };

    private final Consumer<? super T> listener;
    private final Consumer<? super @Nullable Throwable> onEnd;
    private final AtomicReference<Flow.@Nullable Subscription> upstream = new AtomicReference<>();

    ListeningSubscriber(Consumer<? super T> listener, Consumer<? super @Nullable Throwable> onEnd) {
        this.listener = listener;
        this.onEnd = onEnd;
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
    public void onNext(T item) {
        Flow.Subscription current = upstream.get();
        if (current != null && current != CLOSED) {
            listener.accept(item);
            current.request(1);
        }
    }

    @Override
    public void onError(Throwable failure) {
        onEnd.accept(failure);
    }

    @Override
    public void onComplete() {
        onEnd.accept(null);
    }

    @Override
    public void close() {
        Flow.Subscription before = upstream.getAndSet(CLOSED);
        if (before != null) {
            before.cancel();
        }
    }
}
