package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.proto.EventStreamRequest;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The events of a kernel that runs elsewhere. Each subscriber has a stream of its own, which his demand paces. */
final class RemoteEvents implements Flow.Publisher<KernelEvent> {
    static final String OPERATION = "stream_events";

    private static final System.Logger LOG = System.getLogger(RemoteEvents.class.getName());

    private final Connection connection;
    private final Set<KernelEvent.Type> types;

    RemoteEvents(Connection connection, Set<KernelEvent.Type> types) {
        this.connection = connection;
        this.types = types;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super KernelEvent> subscriber) {
        new Subscription(subscriber).start(EventCodec.toWire(types));
    }

    /** One stream of events. gRPC calls the listener's methods one at a time. */
    private final class Subscription extends ClientCall.Listener<dev.syscallkernel.proto.KernelEvent>
            implements Flow.Subscription {
        private final Flow.Subscriber<? super KernelEvent> subscriber;
        private final ClientCall<EventStreamRequest, dev.syscallkernel.proto.KernelEvent> call =
                connection.newEventStream();
        private final CountDownLatch answered = new CountDownLatch(1);
        private final Object lock = new Object();
        private boolean attached; // guarded by lock
        private @Nullable Runnable lastSignal; // guarded by lock
        private volatile boolean cancelled;

        private Subscription(Flow.Subscriber<? super KernelEvent> subscriber) {
            this.subscriber = subscriber;
        }

        private void start(EventStreamRequest request) {
            call.start(this, new Metadata());
            call.sendMessage(request);
            call.halfClose();
            awaitAnswer();
            subscriber.onSubscribe(this);
            Runnable signal;
            synchronized (lock) {
                attached = true;
                signal = lastSignal;
            }
            if (signal != null) {
                signal.run();
            }
        }

        /** Waits until the server has subscribed: from here on, no event is missed. */
        private void awaitAnswer() {
            try {
                answered.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                call.cancel(
                        "interrupted",
                        new SyscallException(
                                ErrorCode.CANCELLED,
                                OPERATION,
                                "",
                                "the subscribing thread was interrupted",
                                interrupted));
            }
        }

        @Override
        public void onHeaders(Metadata headers) {
            answered.countDown();
        }

        @Override
        public void onMessage(dev.syscallkernel.proto.KernelEvent message) {
            if (cancelled) {
                return;
            }
            try {
                Optional<KernelEvent> event = EventCodec.fromWire(message);
                if (event.isPresent()) {
                    subscriber.onNext(event.get());
                } else {
                    call.request(1); // this one does not count
                }
            } catch (RuntimeException | Error problem) {
                LOG.log(Level.WARNING, "A subscriber failed, and will hear no more", problem);
                cancel();
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            answered.countDown();
            Runnable signal = signal(status, trailers);
            synchronized (lock) {
                lastSignal = signal;
                if (!attached) {
                    return; // the subscribing thread gives the signal
                }
            }
            signal.run();
        }

        private Runnable signal(Status status, Metadata trailers) {
            if (cancelled) {
                return () -> {};
            }
            if (status.isOk() || connection.isClosed()) {
                return subscriber::onComplete;
            }
            Throwable cause = status.getCause();
            boolean ours = cause instanceof SyscallException || cause instanceof IllegalArgumentException;
            Throwable problem = ours ? cause : connection.failure(status.asRuntimeException(trailers), OPERATION, "");
            return () -> subscriber.onError(problem);
        }

        @Override
        public void request(long count) {
            if (count <= 0) {
                RuntimeException violation = new IllegalArgumentException("demand must be positive: " + count);
                connection.tell(() -> call.cancel("bad demand", violation));
            } else {
                connection.tell(() -> call.request((int) Math.min(count, Integer.MAX_VALUE)));
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            connection.tell(() -> call.cancel("the subscriber cancelled", null));
        }
    }
}
