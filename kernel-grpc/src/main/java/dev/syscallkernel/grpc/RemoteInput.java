package dev.syscallkernel.grpc;

import com.google.protobuf.ByteString;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamProcessInput;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ProgressListener;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes to a program of a server. A few chunks are under way at a time; then writing waits until the program reads. */
final class RemoteInput extends RemoteStream<StreamingWriter> implements StreamingWriter {
    private static final int PIECE = 64 << 10;

    /** How many bytes may wait for the network before writing waits too. */
    private static final int BYTES_AHEAD = 2 * PIECE;

    /** How long closing waits for the program to take what was written before. */
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final StreamMeter meter = new StreamMeter(true, ProgressListener.NONE, OptionalLong.empty());
    private long committedBytes; // guarded by lock
    private @Nullable StreamComplete complete; // guarded by lock
    private boolean over; // guarded by lock; committed or closed

    private RemoteInput(Connection connection, OpenProcessInput opening) {
        super(connection, opening, BYTES_AHEAD);
    }

    /**
     * Opens the input of a program. The future completes when the server has it open.
     *
     * @param timeout how long that may take; null for no limit
     */
    static CompletableFuture<StreamingWriter> open(
            Connection connection, Pid pid, OpenProcessInput opening, @Nullable Duration timeout) {
        StreamSyscallRequest first = StreamCodec.encode(pid.value(), opening);
        return new RemoteInput(connection, opening).open(first, 2, timeout);
    }

    @Override
    public void write(ByteBuffer data) {
        synchronized (lock) {
            requireUsable();
        }
        while (data.hasRemaining()) {
            ByteBuffer piece = data.slice(data.position(), Math.min(data.remaining(), PIECE));
            CRC32C crc = new CRC32C();
            crc.update(piece.duplicate());
            write(piece, (int) crc.getValue());
            data.position(data.position() + piece.limit());
        }
    }

    @Override
    public void write(ByteBuffer data, int crc32c) {
        if (data.remaining() > ReadOptions.MAX_CHUNK_SIZE) {
            throw failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "a chunk has at most " + ReadOptions.MAX_CHUNK_SIZE + " bytes, not " + data.remaining());
        }
        synchronized (lock) {
            requireUsable();
            awaitWhile(() -> !over && !isReady());
            requireUsable();
        }
        meter.moved(data);
        send(StreamProcessInput.newBuilder().setCrc32C(crc32c).setChunk(ByteString.copyFrom(data)));
    }

    private void send(StreamProcessInput.Builder input) {
        send(ChunkFrame.of(
                StreamSyscallRequest.newBuilder().setProcessInput(input).build()));
    }

    /** Called with the lock held. */
    private void requireUsable() {
        throwIfFailed();
        if (over || hasEnded()) {
            throw closed();
        }
    }

    private SyscallException closed() {
        return failure(ErrorCode.CANCELLED, "the stream was closed");
    }

    @Override
    public long committedBytes() {
        synchronized (lock) {
            return committedBytes;
        }
    }

    @Override
    public WriteSummary commit() {
        synchronized (lock) {
            requireUsable();
        }
        send(StreamProcessInput.newBuilder().setFinish(true));
        halfClose();
        synchronized (lock) {
            awaitWhile(() -> !over);
            throwIfFailed();
            if (complete == null) {
                throw over ? closed() : fail(failure(ErrorCode.INTERNAL, "the server did not say that it took all"));
            }
            over = true;
            committedBytes = complete.getTotalBytes();
            return new WriteSummary(complete.getTotalBytes(), complete.getCrc32C());
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (over) {
                return;
            }
            over = true;
            lock.notifyAll();
        }
        halfClose();
        awaitEnd();
        cancel(closed());
    }

    /** What is under way shall still arrive, and the next writer find the input free. */
    private void awaitEnd() {
        long deadline = System.nanoTime() + CLOSING.toNanos();
        synchronized (lock) {
            try {
                for (long left = CLOSING.toNanos(); !hasEnded() && left > 0; left = deadline - System.nanoTime()) {
                    lock.wait(left / 1_000_000 + 1);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    void received(ChunkFrame<StreamSyscallChunk> frame) {
        StreamSyscallChunk message = frame.message();
        frame.close();
        switch (message.getChunkCase()) {
            case STARTED -> opened(this);
            case PROGRESS -> {
                synchronized (lock) {
                    committedBytes = message.getProgress().getBytes();
                }
            }
            case COMPLETE -> {
                synchronized (lock) {
                    complete = message.getComplete();
                }
            }
            default -> {} // an error, which the status tells better; or something that only newer servers send
        }
        request(1);
    }

    /** Whoever commits finds out himself. */
    @Override
    @Nullable
    SyscallException missing() {
        return null;
    }
}
