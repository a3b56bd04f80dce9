package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallException;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * One call that a client made. Whatever goes wrong in it becomes a status: an exception that reached gRPC would end the
 * call as UNKNOWN.
 *
 * <p>gRPC calls the listener's methods one at a time, on threads that must not block. The methods that send are
 * thread-safe, which those of gRPC are not.
 *
 * @param <Q> what the client sends
 * @param <A> what the server sends
 */
abstract class IncomingCall<Q, A> extends ServerCall.Listener<Parsed<Q>> {
    private final ServerCall<Parsed<Q>, A> call;
    private final ActiveCalls active;
    private final Object lock = new Object();
    private boolean headersSent; // guarded by lock
    private boolean closed; // guarded by lock
    private volatile boolean cancelled;
    private boolean anyReceived; // only touched by the listener's methods

    IncomingCall(ServerCall<Parsed<Q>, A> call, ActiveCalls active) {
        this.call = call;
        this.active = active;
    }

    /** Joins the calls that the server waits for when it closes. */
    final IncomingCall<Q, A> begin() {
        active.add(this);
        return this;
    }

    /** A message has come. */
    abstract void received(Q message);

    /** The client will send no more, after at least one message. */
    void halfClosed() {}

    /** The client can take more. Sometimes it cannot after all: look at {@link #isReady()}. */
    void ready() {}

    /** The call is over, has failed, or its client is gone: releases what is held for it. Can come more than once. */
    abstract void release();

    /** gRPC has let go of the call: nothing of it waits for the network any more. Comes once, after the release. */
    void gone() {}

    /** The message that tells of a failure before the status does; null if there is none. */
    @Nullable
    A farewell(Status failure) {
        return null;
    }

    /** The server is closing. A call that would never end by itself ends here. */
    void serverCloses() {}

    @Override
    public final void onMessage(Parsed<Q> message) {
        anyReceived = true;
        guarded(() -> received(message.orThrow()));
    }

    @Override
    public final void onHalfClose() {
        guarded(() -> {
            if (!anyReceived) {
                throw Failures.malformed("call", "there is no request in the call");
            }
            halfClosed();
        });
    }

    @Override
    public final void onReady() {
        guarded(this::ready);
    }

    @Override
    public final void onCancel() {
        cancelled = true;
        active.remove(this);
        guarded(this::release);
        gone();
    }

    @Override
    public final void onComplete() {
        active.remove(this);
        guarded(this::release);
        gone();
    }

    /** Whether nobody waits for this call any more. */
    final boolean isCancelled() {
        return cancelled;
    }

    /** Whether it ended, or nobody waits for it any more. */
    final boolean isOver() {
        synchronized (lock) {
            return closed || cancelled;
        }
    }

    /** Whether what is sent now will go out soon, instead of piling up in memory. */
    final boolean isReady() {
        return !cancelled && call.isReady();
    }

    /** Sends the headers, if that has not been. */
    final void sendHeaders() {
        synchronized (lock) {
            if (!closed && !headersSent) {
                headersSent = true;
                call.sendHeaders(new Metadata());
            }
        }
    }

    /** Sends a message, unless the call has ended. */
    final void send(A message) {
        synchronized (lock) {
            if (!isOver()) { // what a publisher had under way can come after the client has gone
                sendHeaders();
                try {
                    call.sendMessage(message);
                } catch (Error fault) {
                    closed = true; // by gRPC itself
                    throw fault;
                }
            }
        }
    }

    /** Ends the call well, unless it has ended. */
    final void complete() {
        close(Status.OK, new Metadata(), null);
    }

    /** Ends the call well with a last message, unless it has ended. */
    final void complete(A last) {
        close(Status.OK, new Metadata(), last);
    }

    /** Ends the call because the server cannot wait for it any longer. */
    final void cutOff(SyscallException reason) {
        refuse(reason); // first, so that nobody mistakes what comes of the release for the reason
        guarded(this::release);
    }

    /** Ends the call with the status for a problem, unless it has ended, or nobody waits for it. */
    final void fail(Throwable problem) {
        release();
        refuse(problem);
    }

    private void refuse(Throwable problem) {
        if (isOver()) {
            return; // often the problem is just that
        }
        StatusRuntimeException status = Statuses.of(Futures.cause(problem));
        Metadata trailers = status.getTrailers();
        close(status.getStatus(), trailers == null ? new Metadata() : trailers, farewell(status.getStatus()));
    }

    private void close(Status status, Metadata trailers, @Nullable A last) {
        synchronized (lock) {
            if (closed) {
                return;
            }
            if (last != null) {
                send(last);
            }
            closed = true;
            call.close(status, trailers);
        }
    }

    /** Runs an action of this call; whatever it throws ends the call. */
    final void guarded(Runnable action) {
        try {
            action.run();
        } catch (Throwable problem) { // also errors: the client would wait forever
            fail(problem);
        }
    }
}
