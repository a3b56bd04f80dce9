package dev.syscallkernel.grpc;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamStarted;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamingReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a server streams. A few chunks are fetched ahead, so that the reader need not wait for the network; the
 * server sends no more than that until the reader takes one.
 *
 * <p>Chunks wait in the network's buffers, and each is copied once, into a buffer that is this reader's own. So a view
 * that somebody keeps for too long shows later bytes of the same stream, and never anybody else's.
 */
final class RemoteReader extends RemoteStream<StreamingReader> implements StreamingReader {
    private static final int AHEAD_BYTES = 512 << 10;
    private static final int MIN_AHEAD = 2;
    private static final int MAX_AHEAD = 16;

    private final ReadOptions options;
    private final int ahead;
    private final Queue<ChunkFrame<StreamSyscallChunk>> arrived = new ArrayDeque<>(); // guarded by lock
    private long arrivedBytes; // guarded by lock
    private @Nullable StreamComplete announced; // guarded by lock; null until the server said that all was sent
    private @Nullable ByteBuffer chunk; // guarded by lock
    private boolean unwanted; // guarded by lock; whether what arrives is dropped
    private boolean closed; // guarded by lock
    private OptionalLong totalBytes = OptionalLong.empty(); // guarded by lock

    // Used by the reading thread only.
    private @Nullable StreamMeter meter;
    private ByteBuffer buffer = ByteBuffer.allocate(0);
    private int taken; // chunks, since more were asked for
    private boolean atEnd;

    private RemoteReader(Connection connection, Syscall<StreamingReader> opening, ReadOptions options) {
        super(connection, opening, 1);
        this.options = options;
        this.ahead = Math.max(MIN_AHEAD, Math.min(MAX_AHEAD, AHEAD_BYTES / options.chunkSize()));
    }

    /**
     * Opens a file. The future completes when the server has it open.
     *
     * @param timeout how long that may take; null for no limit
     * @throws SyscallException INVALID_ARGUMENT for what the wire cannot express
     */
    static CompletableFuture<StreamingReader> open(
            Connection connection, Pid pid, OpenReader opening, @Nullable Duration timeout) {
        return open(
                StreamCodec.encode(pid.value(), opening),
                new RemoteReader(connection, opening, opening.options()),
                timeout);
    }

    /** Opens the output of a program, in the same way. */
    static CompletableFuture<StreamingReader> open(
            Connection connection, Pid pid, OpenProcessOutput opening, @Nullable Duration timeout) {
        return open(
                StreamCodec.encode(pid.value(), opening),
                new RemoteReader(connection, opening, opening.options()),
                timeout);
    }

    private static CompletableFuture<StreamingReader> open(
            StreamSyscallRequest first, RemoteReader reader, @Nullable Duration timeout) {
        CompletableFuture<StreamingReader> opened = reader.open(first, reader.ahead, timeout);
        reader.halfClose();
        return opened;
    }

    @Override
    public boolean next() {
        ChunkFrame<StreamSyscallChunk> frame = take();
        if (frame == null) {
            end();
            return false;
        }
        ByteBuffer fetched;
        try (frame) {
            fetched = whole(frame);
        }
        if (++taken >= ahead / 2) {
            request(taken);
            taken = 0;
        }
        synchronized (lock) {
            chunk = fetched;
        }
        meter().moved(fetched);
        return true;
    }

    /** Waits for a chunk; null at the end. */
    private @Nullable ChunkFrame<StreamSyscallChunk> take() {
        synchronized (lock) {
            chunk = null;
            awaitWhile(arrived::isEmpty);
            ChunkFrame<StreamSyscallChunk> frame = arrived.poll();
            if (frame == null) {
                throwIfFailed();
            }
            return frame;
        }
    }

    /** The chunk in one piece. */
    private ByteBuffer whole(ChunkFrame<StreamSyscallChunk> frame) {
        ByteBuffer parsed = frame.bytes();
        if (parsed != null) {
            return parsed;
        }
        if (buffer.capacity() < frame.chunkSize()) {
            buffer = ByteBuffer.allocate(frame.chunkSize());
        }
        frame.copyChunk(buffer.clear());
        return buffer.flip();
    }

    private void end() {
        if (atEnd) {
            return;
        }
        atEnd = true;
        if (options.checksum()) {
            synchronized (lock) {
                requireChecksum(requireNonNull(announced), meter().crc32c());
            }
        }
        meter().ended();
    }

    /** Called with the lock held. */
    private void requireChecksum(StreamComplete complete, int crc32c) {
        if (!complete.hasCrc32C() || complete.getCrc32C() != crc32c) {
            throw fail(failure(
                    ErrorCode.DATA_LOSS,
                    complete.hasCrc32C()
                            ? String.format(
                                    "what arrived has the checksum %08x, and %08x was sent",
                                    crc32c, complete.getCrc32C())
                            : "the server did not say what checksum it sent"));
        }
    }

    private StreamMeter meter() {
        if (meter == null) {
            meter = new StreamMeter(options.checksum(), options.progress(), totalBytes());
        }
        return meter;
    }

    @Override
    public ByteBuffer chunk() {
        synchronized (lock) {
            if (chunk == null) {
                throw new IllegalStateException("there is no chunk; call next() first, and only while it returns true");
            }
            if (closed) {
                throw failure(ErrorCode.CANCELLED, "the stream was closed");
            }
            return chunk.asReadOnlyBuffer();
        }
    }

    @Override
    public OptionalLong totalBytes() {
        synchronized (lock) {
            return totalBytes;
        }
    }

    @Override
    public long bytesRead() {
        return meter().bytes();
    }

    @Override
    public int crc32c() {
        return meter().crc32c();
    }

    @Override
    public void close() {
        SyscallException reason = failure(ErrorCode.CANCELLED, "the stream was closed");
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            fail(reason);
            lock.notifyAll();
        }
        discard();
        cancel(reason);
    }

    @Override
    boolean hasUntaken() {
        return !arrived.isEmpty();
    }

    @Override
    void discard() {
        List<ChunkFrame<StreamSyscallChunk>> left;
        synchronized (lock) {
            unwanted = true;
            left = new ArrayList<>(arrived);
            arrived.clear();
        }
        left.forEach(ChunkFrame::close);
    }

    @Override
    void settle() {
        synchronized (lock) {
            for (int left = arrived.size(); left > 0; left--) {
                arrived.add(arrived.remove().inOwnMemory());
            }
        }
    }

    @Override
    void received(ChunkFrame<StreamSyscallChunk> frame) {
        if (frame.hasChunk()) {
            arrived(frame);
            opened(this);
            return;
        }
        StreamSyscallChunk message = frame.message();
        switch (message.getChunkCase()) {
            case STARTED -> started(message.getStarted());
            case COMPLETE -> completed(message.getComplete());
            default -> {} // an error, which the status tells better; or something that only newer servers send
        }
        request(1); // in its place
    }

    private void arrived(ChunkFrame<StreamSyscallChunk> frame) {
        synchronized (lock) {
            if (!unwanted) {
                arrived.add(frame);
                arrivedBytes += frame.chunkSize();
                lock.notifyAll();
                return;
            }
        }
        frame.close();
    }

    private void started(StreamStarted started) {
        if (started.hasTotalBytes()) {
            synchronized (lock) {
                totalBytes = OptionalLong.of(started.getTotalBytes());
            }
        }
        opened(this);
    }

    private void completed(StreamComplete complete) {
        synchronized (lock) {
            announced = complete;
        }
        opened(this);
    }

    @Override
    @Nullable
    SyscallException missing() {
        if (announced != null && announced.getTotalBytes() == arrivedBytes) {
            return null;
        }
        return failure(
                ErrorCode.DATA_LOSS,
                announced == null
                        ? "the stream ended before the server said that all was sent"
                        : "the server sent " + arrivedBytes + " bytes, and announced " + announced.getTotalBytes());
    }
}
