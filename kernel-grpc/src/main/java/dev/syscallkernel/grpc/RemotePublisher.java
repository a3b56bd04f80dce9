package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.proto.AsyncStatusRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskStatus;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel that runs elsewhere publishes. Each subscriber has a stream of its own, which his demand paces.
 *
 * @param <Q> what is asked
 * @param <A> what the server sends
 * @param <T> what the subscriber hears
 */
final class RemotePublisher<Q, A, T> implements Flow.Publisher<T> {
    static final String STREAM_EVENTS = "stream_events";

    private static final System.Logger LOG = System.getLogger(RemotePublisher.class.getName());

    /** Whether it is a good end for a stream that its own side closes the connection. */
    private enum Closing {
        COMPLETES,
        FAILS
    }

    private final Connection connection;
    private final String operation;
    private final MethodDescriptor<Q, A> method;
    private final Q request;
    private final Function<A, Optional<T>> decoder;
    private final Closing closing;

    private RemotePublisher(
            Connection connection,
            String operation,
            MethodDescriptor<Q, A> method,
            Q request,
            Function<A, Optional<T>> decoder,
            Closing closing) {
        this.connection = connection;
        this.operation = operation;
        this.method = method;
        this.request = request;
        this.decoder = decoder;
        this.closing = closing;
    }

    /** The events of the kernel. */
    static Flow.Publisher<KernelEvent> ofEvents(Connection connection, Set<KernelEvent.Type> types) {
        return new RemotePublisher<>(
                connection,
                STREAM_EVENTS,
                KernelServiceGrpc.getStreamEventsMethod(),
                EventCodec.toWire(types),
                EventCodec::fromWire,
                Closing.COMPLETES);
    }

    /** The statuses of a task. */
    static Flow.Publisher<TaskStatus> ofTask(Connection connection, TaskId id, long afterRevision) {
        return new RemotePublisher<>(
                connection,
                "watch_task",
                KernelServiceGrpc.getWatchAsyncMethod(),
                AsyncStatusRequest.newBuilder()
                        .setTaskId(id.toString())
                        .setAfterRevision(Math.max(0, afterRevision))
                        .build(),
                status -> Optional.of(TaskCodec.fromWire(status)),
                Closing.FAILS);
    }

    @Override
    public void subscribe(Flow.Subscriber<? super T> subscriber) {
        new Subscription(subscriber).start();
    }

    /** One stream. gRPC calls the listener's methods one at a time. */
    private final class Subscription extends ClientCall.Listener<A> implements Flow.Subscription {
        private final Flow.Subscriber<? super T> subscriber;
        private final ClientCall<Q, A> call = connection.newSubscription(method);
        private final CountDownLatch answered = new CountDownLatch(1);
        private final Object lock = new Object();
        private boolean attached; // guarded by lock
        private @Nullable Runnable lastSignal; // guarded by lock
        private volatile boolean cancelled;

        private Subscription(Flow.Subscriber<? super T> subscriber) {
            this.subscriber = subscriber;
        }

        private void start() {
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

        /** Waits until the server has subscribed: from here on, nothing is missed. */
        private void awaitAnswer() {
            try {
                answered.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                call.cancel(
                        "interrupted",
                        new SyscallException(
                                ErrorCode.CANCELLED,
                                operation,
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
        public void onMessage(A message) {
            if (cancelled) {
                return;
            }
            Optional<T> item;
            try {
                item = decoder.apply(message);
            } catch (RuntimeException malformed) {
                call.cancel("unintelligible", Failures.unintelligible(operation, "", malformed));
                return;
            }
            try {
                if (item.isPresent()) {
                    subscriber.onNext(item.get());
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
            if (status.isOk() || (closing == Closing.COMPLETES && connection.isClosed())) {
                return subscriber::onComplete;
            }
            Throwable cause = status.getCause();
            boolean ours = cause instanceof SyscallException || cause instanceof IllegalArgumentException;
            Throwable problem = ours ? cause : connection.failure(status.asRuntimeException(trailers), operation, "");
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
