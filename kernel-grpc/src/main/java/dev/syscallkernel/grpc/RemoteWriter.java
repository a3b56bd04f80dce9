package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamFileWrite;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes to a file of a server. A few chunks are under way at a time; then writing waits until the server takes more.
 * Each goes with its checksum, and at the end the server's sum over all of them is compared with the one made here.
 */
final class RemoteWriter extends RemoteStream<StreamingWriter> implements StreamingWriter {
    /** How many bytes of a large buffer go into one message. */
    private static final int PIECE = 256 << 10;

    /** How many bytes may wait for the network before writing waits too. */
    private static final int BYTES_AHEAD = 512 << 10;

    private final OpenWriter opening;
    private final WriteOptions options;
    private final StreamMeter meter; // used by the writing thread only
    private long committedBytes; // guarded by lock
    private @Nullable StreamComplete complete; // guarded by lock
    private boolean over; // guarded by lock; committed or closed

    private RemoteWriter(Connection connection, OpenWriter opening) {
        super(connection, opening, BYTES_AHEAD);
        this.opening = opening;
        this.options = opening.options();
        this.meter = new StreamMeter(true, options.progress(), OptionalLong.empty());
    }

    /**
     * Opens a file. The future completes when the server has it open.
     *
     * @param timeout how long that may take; null for no limit
     * @throws SyscallException INVALID_ARGUMENT for what the wire cannot express
     */
    static CompletableFuture<StreamingWriter> open(
            Connection connection, Pid pid, OpenWriter opening, @Nullable Duration timeout) {
        StreamSyscallRequest first = StreamCodec.encode(pid.value(), opening);
        return new RemoteWriter(connection, opening).open(first, 2, timeout);
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
            send(piece, (int) crc.getValue());
            data.position(data.position() + piece.remaining());
        }
    }

    @Override
    public void write(ByteBuffer data, int crc32c) {
        synchronized (lock) {
            requireUsable();
        }
        if (data.remaining() > ReadOptions.MAX_CHUNK_SIZE) {
            throw failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "a chunk has at most " + ReadOptions.MAX_CHUNK_SIZE + " bytes, not " + data.remaining());
        }
        send(data, crc32c);
        data.position(data.limit());
    }

    private void send(ByteBuffer chunk, int crc32c) {
        awaitReady();
        StreamFileWrite rest = StreamFileWrite.newBuilder().setCrc32C(crc32c).build();
        send(ChunkFrame.of(StreamSyscallRequest.newBuilder().setWrite(rest).build(), chunk.duplicate()));
        meter.moved(chunk);
    }

    private void awaitReady() {
        synchronized (lock) {
            requireUsable();
            awaitWhile(() -> !isReady());
            requireUsable();
        }
    }

    /** Called with the lock held. */
    private void requireUsable() {
        if (over) {
            throw closed();
        }
        throwIfFailed();
        if (hasEnded()) {
            throw fail(Failures.unintelligible(opening.name(), opening.subject(), null));
        }
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
        send(ChunkFrame.of(StreamSyscallRequest.newBuilder()
                .setWrite(StreamFileWrite.newBuilder().setFinish(true))
                .build()));
        halfClose();
        StreamComplete answer = awaitComplete();
        meter.ended();
        return new WriteSummary(answer.getTotalBytes(), answer.getCrc32C());
    }

    private StreamComplete awaitComplete() {
        synchronized (lock) {
            awaitWhile(() -> true);
            throwIfFailed();
            if (complete == null) {
                throw fail(Failures.unintelligible(opening.name(), opening.subject(), null));
            }
            requireSame(complete);
            over = true;
            committedBytes = complete.getTotalBytes();
            return complete;
        }
    }

    /** Called with the lock held. */
    private void requireSame(StreamComplete published) {
        long sent = options.offset() + meter.bytes();
        // Of an upload that was taken up again, not all went through here.
        boolean same = options.offset() > 0 || (published.hasCrc32C() && published.getCrc32C() == meter.crc32c());
        if (published.getTotalBytes() != sent || !same) {
            throw fail(failure(
                    ErrorCode.DATA_LOSS,
                    String.format(
                            "%d bytes with the checksum %08x were sent, and the server published %d with %08x",
                            sent, meter.crc32c(), published.getTotalBytes(), published.getCrc32C())));
        }
    }

    private SyscallException closed() {
        return failure(ErrorCode.CANCELLED, "the stream was closed");
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (over) {
                return;
            }
            over = true;
        }
        cancel(closed());
    }

    @Override
    void received(ChunkFrame<StreamSyscallChunk> frame) {
        StreamSyscallChunk message = frame.message();
        frame.close();
        switch (message.getChunkCase()) {
            case STARTED -> {
                committed(message.getStarted().getCommittedBytes());
                opened(this);
            }
            case PROGRESS -> committed(message.getProgress().getBytes());
            case COMPLETE -> completed(message.getComplete());
            default -> {} // an error, which the status tells better; or something that only newer servers send
        }
        request(1);
    }

    private void committed(long bytes) {
        synchronized (lock) {
            committedBytes = bytes;
        }
    }

    private void completed(StreamComplete message) {
        synchronized (lock) {
            complete = message;
        }
    }

    /** Whoever commits finds out himself. */
    @Override
    @Nullable
    SyscallException missing() {
        return null;
    }
}
