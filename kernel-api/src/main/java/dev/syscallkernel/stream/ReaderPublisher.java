package dev.syscallkernel.stream;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;

/** Publishes what a reader delivers, as fast as its one subscriber asks for it. */
final class ReaderPublisher implements Flow.Publisher<ByteBuffer> {
    private final StreamingReader reader;
    private final Executor executor;
    private final AtomicBoolean subscribed = new AtomicBoolean();

    ReaderPublisher(StreamingReader reader, Executor executor) {
        this.reader = reader;
        this.executor = executor;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        if (subscribed.compareAndSet(false, true)) {
            subscriber.onSubscribe(new Reading(subscriber));
        } else {
            subscriber.onSubscribe(new NoSubscription());
            subscriber.onError(new IllegalStateException("a stream can be read by one subscriber only"));
        }
    }

    /** The second subscriber's. */
    private static final class NoSubscription implements Flow.Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }

    /** Fetches chunks on the executor while there is demand; at most one task at a time does so. */
    private final class Reading implements Flow.Subscription {
        private final Flow.Subscriber<? super ByteBuffer> subscriber;
        private final Object lock = new Object();
        private long demand; // guarded by lock
        private boolean running; // guarded by lock
        private boolean over; // guarded by lock
        private boolean badDemand; // guarded by lock

        Reading(Flow.Subscriber<? super ByteBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            synchronized (lock) {
                if (n <= 0) {
                    badDemand = true;
                } else {
                    demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                }
                if (running || over) {
                    return;
                }
                running = true;
            }
            try {
                executor.execute(this::deliver);
            } catch (RuntimeException | Error refusal) { // nobody will ever deliver anything
                fail(refusal);
            }
        }

        @Override
        public void cancel() {
            end();
        }

        private void deliver() {
            try {
                while (takeDemand()) {
                    if (reader.next()) {
                        subscriber.onNext(copy(reader.chunk()));
                    } else if (end()) {
                        subscriber.onComplete();
                    }
                }
            } catch (RuntimeException | Error failure) {
                fail(failure);
            }
        }

        private void fail(Throwable failure) {
            if (end()) {
                subscriber.onError(failure);
            }
        }

        private boolean takeDemand() {
            synchronized (lock) {
                if (badDemand && !over) {
                    throw new IllegalArgumentException("demand must be positive");
                }
                if (over || demand == 0) {
                    running = false;
                    return false;
                }
                demand--;
                return true;
            }
        }

        /** Returns whether this call ended the reading. */
        private boolean end() {
            synchronized (lock) {
                if (over) {
                    return false;
                }
                over = true;
            }
            reader.close();
            return true;
        }

        private static ByteBuffer copy(ByteBuffer chunk) {
            return ByteBuffer.allocate(chunk.remaining()).put(chunk).flip();
        }
    }
}
