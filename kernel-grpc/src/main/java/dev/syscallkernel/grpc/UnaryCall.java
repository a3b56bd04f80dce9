package dev.syscallkernel.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A call with one request and one answer. Its work starts in the pool, and may go on without a thread. */
final class UnaryCall<Q extends MessageLite, A> extends IncomingCall<Q, A> {

    /** What is done for a request. */
    interface Work<Q, A> {
        /**
         * Starts the work, or throws.
         *
         * @param deadline when the client stops waiting; null if it never does
         * @return cancelled if the client goes away
         */
        CompletableFuture<A> start(Q request, @Nullable Deadline deadline);
    }

    private final WorkPool pool;
    private final Work<Q, A> work;
    private final Consumer<A> undo;
    private final @Nullable Deadline deadline;
    private final Object lock = new Object();
    private @Nullable CompletableFuture<A> answer; // guarded by lock
    private @Nullable Q request; // only touched by the listener's methods

    private UnaryCall(
            ServerCall<Parsed<Q>, A> call, ActiveCalls active, WorkPool pool, Work<Q, A> work, Consumer<A> undo) {
        super(call, active);
        this.pool = pool;
        this.work = work;
        this.undo = undo;
        this.deadline = Context.current().getDeadline();
    }

    static <Q extends MessageLite, A> ServerCallHandler<Parsed<Q>, A> handler(
            ActiveCalls active, WorkPool pool, Work<Q, A> work) {
        return handler(active, pool, work, answer -> {});
    }

    /** @param undo takes back what was done, for a client that left before it could learn of it */
    static <Q extends MessageLite, A> ServerCallHandler<Parsed<Q>, A> handler(
            ActiveCalls active, WorkPool pool, Work<Q, A> work, Consumer<A> undo) {
        return (ServerCall<Parsed<Q>, A> call, Metadata headers) -> {
            call.request(2); // a second message would be an error, and is noticed only if it is asked for
            return new UnaryCall<>(call, active, pool, work, undo).begin();
        };
    }

    @Override
    void received(Q message) {
        if (request != null) {
            throw Failures.malformed("call", "there is more than one request in a call that takes one");
        }
        request = message;
    }

    @Override
    void halfClosed() {
        Q asked = request;
        if (asked == null) {
            return; // it was malformed, and that was answered
        }
        if (!pool.tryRun(asked.getSerializedSize(), () -> guarded(() -> start(asked)))) {
            throw Failures.overloaded();
        }
    }

    private void start(Q asked) {
        if (isCancelled()) {
            return;
        }
        CompletableFuture<A> started = work.start(asked, deadline);
        synchronized (lock) {
            answer = started;
        }
        if (isCancelled()) {
            started.cancel(false); // the client left before there was anything to cancel
        }
        var unused = started.whenComplete((result, problem) -> guarded(() -> finish(result, problem)));
    }

    private void finish(A result, @Nullable Throwable problem) {
        if (problem != null) {
            fail(Futures.cause(problem));
        } else if (isCancelled()) {
            undo.accept(result);
        } else {
            send(result);
            complete();
        }
    }

    @Override
    void release() {
        CompletableFuture<A> started;
        synchronized (lock) {
            started = answer;
        }
        if (started != null) {
            started.cancel(false);
        }
    }
}
