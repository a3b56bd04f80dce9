package dev.syscallkernel.grpc;

import com.google.protobuf.ByteString;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamingReader;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a server streams. A few chunks are fetched ahead, so that the reader need not wait for the network; the
 * server sends no more than that until the reader takes one.
 */
final class RemoteReader implements StreamingReader {
    private static final int AHEAD_BYTES = 512 << 10;
    private static final int MIN_AHEAD = 2;
    private static final int MAX_AHEAD = 8;

    private final Connection connection;
    private final OpenReader request;
    private final ClientCall<StreamSyscallRequest, StreamSyscallChunk> call;
    private final CompletableFuture<StreamingReader> opened = new CompletableFuture<>();
    private final Object lock = new Object();
    private final Queue<ByteString> arrived = new ArrayDeque<>(); // guarded by lock
    private long arrivedBytes; // guarded by lock
    private long announcedBytes = -1; // guarded by lock; -1 until the server said that all was sent
    private boolean ended; // guarded by lock
    private @Nullable SyscallException failure; // guarded by lock
    private @Nullable ByteString current; // guarded by lock
    private long bytesRead; // guarded by lock

    private RemoteReader(Connection connection, OpenReader request) {
        this.connection = connection;
        this.request = request;
        this.call = connection.newStream();
    }

    /**
     * Opens a file. The future completes with the first chunk, or with the end of an empty file: only then it is
     * certain that there is something to read.
     *
     * @param timeout how long that may take; null for no limit
     * @throws SyscallException INVALID_ARGUMENT for what the wire cannot express
     */
    static CompletableFuture<StreamingReader> open(
            Connection connection, Pid pid, OpenReader request, @Nullable Duration timeout) {
        StreamSyscallRequest message = StreamCodec.encode(pid.value(), request);
        RemoteReader reader = new RemoteReader(connection, request);
        reader.start(message);
        if (timeout != null) {
            reader.limitOpening(timeout);
        }
        var unused = reader.opened.whenComplete((opened, problem) -> {
            if (problem != null) {
                reader.close();
            }
        });
        return reader.opened;
    }

    private void start(StreamSyscallRequest message) {
        int chunkSize = request.options().chunkSize();
        call.start(new Listener(), new Metadata());
        call.request(Math.max(MIN_AHEAD, Math.min(MAX_AHEAD, AHEAD_BYTES / chunkSize)));
        call.sendMessage(message);
        call.halfClose();
    }

    private void limitOpening(Duration timeout) {
        var timer = connection.after(
                timeout,
                () -> opened.completeExceptionally(failure(ErrorCode.TIMED_OUT, "no answer within the time given")));
        var unused = opened.whenComplete((reader, problem) -> timer.cancel(false));
    }

    @Override
    public boolean next() {
        synchronized (lock) {
            awaitChunk();
            current = arrived.poll();
            if (current == null) {
                if (failure != null) {
                    throw failure;
                }
                return false;
            }
            bytesRead += current.size();
        }
        call.request(1);
        return true;
    }

    /** Waits for a chunk or the end. Called with the lock held. */
    private void awaitChunk() {
        while (arrived.isEmpty() && !ended) {
            try {
                lock.wait();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                end(failure(ErrorCode.CANCELLED, "the waiting thread was interrupted"));
                call.cancel("interrupted", null);
            }
        }
    }

    @Override
    public ByteBuffer chunk() {
        synchronized (lock) {
            if (current == null) {
                throw new IllegalStateException(
                        "there is no chunk: call next() first, and only use it if that is true");
            }
            return current.asReadOnlyByteBuffer();
        }
    }

    @Override
    public long bytesRead() {
        synchronized (lock) {
            return bytesRead;
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            ended = true;
            failure = failure(ErrorCode.CANCELLED, "the reader was closed");
            arrived.clear();
            current = null;
            lock.notifyAll();
        }
        call.cancel("the reader was closed", null);
    }

    /** No more will arrive. Called with the lock held; only the first end counts. */
    private void end(@Nullable SyscallException reason) {
        if (!ended) {
            ended = true;
            failure = reason;
            lock.notifyAll();
        }
    }

    private SyscallException failure(ErrorCode code, String reason) {
        return new SyscallException(code, request.name(), request.subject(), reason);
    }

    /** Hears the server. Runs on the connection's threads, one call after the other. */
    private final class Listener extends ClientCall.Listener<StreamSyscallChunk> {
        @Override
        public void onMessage(StreamSyscallChunk message) {
            boolean good = switch (message.getChunkCase()) {
                case DATA -> {
                    arrived(message.getData());
                    yield true;
                }
                case COMPLETE -> {
                    completed(message.getComplete().getTotalBytes());
                    yield true;
                }
                case ERROR -> false; // the status that follows says it better
                case CHUNK_NOT_SET -> {
                    call.request(1); // something that only newer servers send
                    yield false;
                }
            };
            if (good && !opened.isDone()) {
                connection.run(() -> opened.complete(RemoteReader.this)); // whoever waits for it may block
            }
        }

        private void arrived(ByteString data) {
            synchronized (lock) {
                if (!ended) {
                    arrived.add(data);
                    arrivedBytes += data.size();
                    lock.notifyAll();
                }
            }
        }

        private void completed(long totalBytes) {
            synchronized (lock) {
                announcedBytes = totalBytes;
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            SyscallException problem;
            synchronized (lock) {
                problem = status.isOk()
                        ? missingBytes()
                        : connection.failure(status.asRuntimeException(trailers), request.name(), request.subject());
                end(problem);
            }
            if (problem != null && !opened.isDone()) {
                connection.run(() -> opened.completeExceptionally(problem));
            }
        }

        /** A stream that ends well, but not with what was announced. Called with the lock held. */
        private @Nullable SyscallException missingBytes() {
            if (announcedBytes == arrivedBytes) {
                return null;
            }
            return failure(
                    ErrorCode.DATA_LOSS,
                    announcedBytes < 0
                            ? "the stream ended before the server said that all was sent"
                            : "the server sent " + arrivedBytes + " bytes, and announced " + announcedBytes);
        }
    }
}
