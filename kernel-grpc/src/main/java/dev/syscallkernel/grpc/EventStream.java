package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.proto.EventStreamRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A client's subscription. The next event is asked of the kernel only when the one before has left for the network, so
 * a client that reads nothing costs one event here; the others it loses in the kernel, which counts them.
 */
final class EventStream extends IncomingCall<EventStreamRequest, dev.syscallkernel.proto.KernelEvent> {
    private final WorkPool pool;
    private final SyscallKernel kernel;
    private final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
    private final AtomicBoolean asked = new AtomicBoolean(true); // not before the headers are sent

    private EventStream(
            ServerCall<Parsed<EventStreamRequest>, dev.syscallkernel.proto.KernelEvent> call,
            ActiveCalls active,
            WorkPool pool,
            SyscallKernel kernel) {
        super(call, active);
        this.pool = pool;
        this.kernel = kernel;
    }

    static ServerCallHandler<Parsed<EventStreamRequest>, dev.syscallkernel.proto.KernelEvent> handler(
            ActiveCalls active, WorkPool pool, SyscallKernel kernel) {
        return (ServerCall<Parsed<EventStreamRequest>, dev.syscallkernel.proto.KernelEvent> call, Metadata headers) -> {
            call.request(1);
            call.setOnReadyThreshold(1); // ready again when all has left
            return new EventStream(call, active, pool, kernel).begin();
        };
    }

    @Override
    void received(EventStreamRequest request) {
        Set<KernelEvent.Type> types = EventCodec.fromWire(request);
        if (!pool.tryRun(request.getSerializedSize(), () -> guarded(() -> subscribe(types)))) {
            throw Failures.overloaded();
        }
    }

    /** Subscribes, and then tells the client so: whatever happens from there on, it will hear of. */
    private void subscribe(Set<KernelEvent.Type> types) {
        if (!isCancelled()) {
            kernel.events(types).subscribe(new Subscriber());
            sendHeaders();
            asked.set(false);
            askIfReady();
        }
    }

    @Override
    void ready() {
        askIfReady();
    }

    /** Asks for one event, once the subscription is granted, the headers are sent, and the client takes more. */
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
        release();
        complete();
    }

    /** Hears the kernel. */
    private final class Subscriber implements Flow.Subscriber<KernelEvent> {
        @Override
        public void onSubscribe(Flow.Subscription granted) {
            subscription.set(granted);
            if (isCancelled()) {
                granted.cancel(); // the client left before there was anything to cancel
            } else {
                askIfReady();
            }
        }

        @Override
        public void onNext(KernelEvent event) {
            guarded(() -> {
                send(EventCodec.toWire(event));
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
