package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of a stream: how it is opened, waited for and ended, whichever way the bytes go. As a listener it
 * hears the server on the network's thread, where it must not block.
 *
 * @param <T> what users know the stream as
 */
abstract class RemoteStream<T> extends ClientCall.Listener<ChunkFrame<StreamSyscallChunk>> {
    /** Guards the state of the stream; notified of every change that somebody may wait for. */
    final Object lock = new Object();

    private final Connection connection;
    private final Syscall<T> opening;
    private final ClientCall<ChunkFrame<StreamSyscallRequest>, ChunkFrame<StreamSyscallChunk>> call;
    private final CompletableFuture<T> opened = new CompletableFuture<>();
    private boolean ended; // guarded by lock
    private boolean over; // guarded by lock; whether the network has nothing more to tell
    private @Nullable SyscallException failure; // guarded by lock

    private boolean answered; // whether it was opened; only touched by the listener's methods

    private final Object sending = new Object(); // never taken while the other lock is held
    private boolean sent; // guarded by sending; there is nothing more to send

    /** @param readyThreshold how many bytes may wait for the network before the call is no longer ready */
    RemoteStream(Connection connection, Syscall<T> opening, int readyThreshold) {
        this.connection = connection;
        this.opening = opening;
        this.call = connection.newStream(readyThreshold);
    }

    /** A message other than a chunk has come, or a chunk; it has to be closed. Called on the network's thread. */
    abstract void received(ChunkFrame<StreamSyscallChunk> frame);

    /** What is wrong with a stream that the server ended well, if anything is. Called with the lock held. */
    @Nullable
    abstract SyscallException missing();

    /** Nothing more will come: what is left must keep nothing of the network's, for it may never be taken. */
    void settle() {}

    /** What has come, and what is still to come, is wanted by nobody. Safe from any thread, any number of times. */
    void discard() {}

    /** Whether something has come that nobody has taken yet. Called with the lock held. */
    boolean hasUntaken() {
        return false;
    }

    /** Releases what is held. Safe from any thread, any number of times. */
    public abstract void close();

    /**
     * Starts the call.
     *
     * @param prefetch how many messages the server may send before any is taken
     * @param timeout how long opening may take; null for no limit
     */
    final CompletableFuture<T> open(StreamSyscallRequest first, int prefetch, @Nullable Duration timeout) {
        call.start(this, new Metadata());
        connection.joined(this);
        if (isOver()) {
            connection.left(this); // it had left before it joined
        }
        call.request(prefetch);
        send(ChunkFrame.of(first));
        if (timeout != null) {
            var timer = connection.after(
                    timeout,
                    () -> opened.completeExceptionally(
                            failure(ErrorCode.TIMED_OUT, "no answer within the time given")));
            var unused = opened.whenComplete((stream, problem) -> timer.cancel(false));
        }
        var unused = opened.whenComplete((stream, problem) -> {
            if (problem != null) {
                close();
            }
        });
        return opened;
    }

    /** The stream is open: the server has shown that it can be used. */
    final void opened(T stream) {
        if (!answered) {
            answered = true;
            connection.run(() -> opened.complete(stream)); // whoever waits for it may block
        }
    }

    /** Asks for more messages. */
    final void request(int messages) {
        connection.tell(() -> call.request(messages));
    }

    /** Whether what is sent now will go out soon, instead of piling up in memory. */
    final boolean isReady() {
        return call.isReady();
    }

    /** Sends a message; it, and the chunk in it, are not used any more when this returns. */
    final void send(ChunkFrame<StreamSyscallRequest> message) {
        synchronized (sending) {
            if (!sent) {
                connection.tell(() -> call.sendMessage(message));
            }
        }
    }

    /** There is nothing more to send. */
    final void halfClose() {
        synchronized (sending) {
            if (!sent) {
                sent = true;
                connection.tell(call::halfClose);
            }
        }
    }

    /** Ends the stream for a reason, unless it has ended. */
    final void cancel(SyscallException reason) {
        end(reason);
        synchronized (sending) {
            sent = true;
            connection.tell(() -> call.cancel(reason.reason(), null));
        }
        // If the network is gone, nobody hears of the cancellation, and what has come waits in its buffers to be taken.
        request(Integer.MAX_VALUE);
    }

    /** The connection is closed: ends the stream at once. What has come and was not taken is missing from then on. */
    final void connectionClosed() {
        SyscallException reason = connection.closedFailure(opening.name(), opening.subject());
        synchronized (lock) {
            if (!ended || hasUntaken()) {
                fail(reason);
                lock.notifyAll();
            }
        }
        discard();
        cancel(reason);
    }

    /** Nothing more will come. Only the first end counts. */
    private void end(@Nullable SyscallException reason) {
        synchronized (lock) {
            if (!ended) {
                ended = true;
                failure = reason;
                lock.notifyAll();
            }
        }
    }

    private boolean isOver() {
        synchronized (lock) {
            return over;
        }
    }

    /** Whether nothing more will come. Called with the lock held. */
    final boolean hasEnded() {
        return ended;
    }

    /** Fails if the stream has failed. Called with the lock held. */
    final void throwIfFailed() {
        if (failure != null) {
            throw failure;
        }
    }

    /** Makes the stream fail from now on. Called with the lock held. */
    final SyscallException fail(SyscallException reason) {
        ended = true;
        failure = reason;
        return reason;
    }

    /** Waits while there is reason to, and the stream has not ended; an interrupt ends it. Called with the lock held. */
    final void awaitWhile(BooleanSupplier reason) {
        try {
            while (!ended && reason.getAsBoolean()) {
                lock.wait();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            SyscallException cancelled = fail(failure(ErrorCode.CANCELLED, "the waiting thread was interrupted"));
            connection.run(() -> cancel(cancelled)); // not here: the lock is held
        }
    }

    final SyscallException failure(ErrorCode code, String reason) {
        return new SyscallException(code, opening.name(), opening.subject(), reason);
    }

    @Override
    public final void onMessage(ChunkFrame<StreamSyscallChunk> frame) {
        received(frame);
    }

    @Override
    public final void onReady() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    @Override
    public final void onClose(Status status, Metadata trailers) {
        SyscallException problem;
        synchronized (lock) {
            problem = status.isOk()
                    ? missing()
                    : connection.failure(status.asRuntimeException(trailers), opening.name(), opening.subject());
            end(problem);
            problem = failure; // the first one
            over = true;
        }
        connection.left(this);
        settle();
        if (!answered) {
            SyscallException reason =
                    problem == null ? Failures.unintelligible(opening.name(), opening.subject(), null) : problem;
            connection.run(() -> opened.completeExceptionally(reason));
        }
    }
}
