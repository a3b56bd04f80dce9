package dev.syscallkernel.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client's subscription to something in the kernel. The next item is asked for only when the one before has left for
 * the network, so a client that reads nothing costs one item here; what becomes of the others, the publisher decides.
 */
final class PublishedStream<Q extends MessageLite, A> extends IncomingCall<Q, A> {

    /**
     * What a client asked for.
     *
     * @param publisher of what happens in the kernel
     * @param encoder of what is sent
     */
    record Source<E, A>(Flow.Publisher<E> publisher, Function<E, A> encoder) {}

    private final WorkPool pool;
    private final Function<Q, Source<?, A>> sources;
    private final @Nullable RuntimeException whenServerCloses;
    private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
    private final AtomicBoolean asked = new AtomicBoolean(true); // not before the headers are sent

    private PublishedStream(
            ServerCall<Parsed<Q>, A> call,
            ActiveCalls active,
            WorkPool pool,
            Function<Q, Source<?, A>> sources,
            @Nullable RuntimeException whenServerCloses) {
        super(call, active);
        this.pool = pool;
        this.sources = sources;
        this.whenServerCloses = whenServerCloses;
    }

    /**
     * @param sources finds what a client asks for, or throws
     * @param whenServerCloses the failure of a stream that the closing server ends; null if that is a good end
     */
    static <Q extends MessageLite, A> ServerCallHandler<Parsed<Q>, A> handler(
            ActiveCalls active,
            WorkPool pool,
            Function<Q, Source<?, A>> sources,
            @Nullable RuntimeException whenServerCloses) {
        return (ServerCall<Parsed<Q>, A> call, Metadata headers) -> {
            call.request(1);
            call.setOnReadyThreshold(1); // ready again when all has left
            return new PublishedStream<>(call, active, pool, sources, whenServerCloses).begin();
        };
    }

    @Override
    void received(Q request) {
        if (!pool.tryRun(request.getSerializedSize(), () -> guarded(() -> open(request)))) {
            throw Failures.overloaded();
        }
    }

    private void open(Q request) {
        if (!isCancelled()) {
            subscribe(sources.apply(request));
        }
    }

    /** Subscribes, and then tells the client so: whatever happens from there on, it will hear of. */
    private <E> void subscribe(Source<E, A> source) {
        source.publisher().subscribe(new Subscriber<>(source.encoder()));
        sendHeaders();
        asked.set(false);
        askIfReady();
    }

    @Override
    void ready() {
        askIfReady();
    }

    /** Asks for one item, once the subscription is granted, the headers are sent, and the client takes more. */
    private void askIfReady() {
        Flow.Subscription current = subscription.get();
        if (current != null && isReady() && asked.compareAndSet(false, true)) {
            current.request(1);
        }
    }

    @Override
    void release() {
        Flow.Subscription current = subscription.get();
        if (current != null) {
            current.cancel();
        }
    }

    @Override
    void serverCloses() {
        if (whenServerCloses == null) {
            release();
            complete();
        } else {
            fail(whenServerCloses);
        }
    }

    /** Hears the kernel. */
    private final class Subscriber<E> implements Flow.Subscriber<E> {
        private final Function<E, A> encoder;

        private Subscriber(Function<E, A> encoder) {
            this.encoder = encoder;
        }

        @Override
        public void onSubscribe(Flow.Subscription granted) {
            subscription.set(granted);
            if (isOver()) {
                granted.cancel(); // it ended, or the client left, before there was anything to cancel
            } else {
                askIfReady();
            }
        }

        @Override
        public void onNext(E item) {
            guarded(() -> {
                send(encoder.apply(item));
                asked.set(false);
                askIfReady();
            });
        }

        @Override
        public void onError(Throwable problem) {
            fail(problem);
        }

        @Override
        public void onComplete() {
            complete();
        }
    }
}
