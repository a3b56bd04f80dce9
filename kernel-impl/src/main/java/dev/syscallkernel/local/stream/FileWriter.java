package dev.syscallkernel.local.stream;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.WritableFile;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes a file that is out of sight until it is committed. */
final class FileWriter implements StreamingWriter {
    /** What becomes of a file that was not committed. */
    enum Uncommitted {
        DROP,
        KEEP
    }

    private static final int PIECE = 64 << 10;

    private final SyscallContext context;
    private final WritableFile file;
    private final WriteOptions options;
    private final Uncommitted uncommitted;
    private final Runnable onCommit;
    private final StreamMeter meter;
    private final Object lock = new Object();
    private long overlap; // guarded by lock; how many of the next bytes the file already has
    private volatile boolean over; // written under lock
    private boolean published; // guarded by lock
    private @Nullable SyscallException failure; // guarded by lock

    /**
     * @param context of the call that opened it, whose time limit does not apply any more
     * @param onCommit called once the file is published
     */
    FileWriter(
            SyscallContext context,
            WritableFile file,
            WriteOptions options,
            Uncommitted uncommitted,
            Runnable onCommit) {
        this.context = context.withCancellation(new CancellationToken());
        this.file = file;
        this.options = options;
        this.uncommitted = uncommitted;
        this.onCommit = onCommit;
        this.overlap = file.size() - options.offset();
        this.meter = new StreamMeter(true, options.progress(), OptionalLong.empty());
    }

    /**
     * Sums what the file of a resumed upload has already. That can take long: it ends with the call that opens the writer,
     * and when the writer is closed.
     */
    FileWriter takeUp(SyscallContext opening) {
        if (file.size() == 0) {
            return this;
        }
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(ReadOptions.DEFAULT_CHUNK_SIZE);
            for (long at = 0; at < file.size(); at += buffer.limit()) {
                opening.throwIfCancelled();
                context.throwIfCancelled();
                buffer.clear().limit((int) Math.min(buffer.capacity(), file.size() - at));
                file.read(context, buffer, at);
                meter.moved(buffer.flip());
            }
            return this;
        } catch (RuntimeException | Error problem) {
            boolean closed = context.cancellation().reason() != null;
            close();
            if (closed) {
                context.throwIfCancelled(); // says better why the file could not be read
            }
            throw problem;
        }
    }

    @Override
    public void write(ByteBuffer data) {
        synchronized (lock) {
            requireUsable();
            attempt(() -> append(data));
        }
        meter.report(); // not with the lock held: who listens may wait for whoever wants to close this
    }

    @Override
    public void write(ByteBuffer data, int crc32c) {
        CRC32C actual = new CRC32C();
        synchronized (lock) {
            requireUsable();
            requireChunk(data);
            actual.update(data.duplicate());
            if ((int) actual.getValue() != crc32c) {
                failure = context.failure(
                        ErrorCode.DATA_LOSS,
                        String.format(
                                "the chunk at byte %d has the checksum %08x, and %08x was announced",
                                file.size() - overlap, (int) actual.getValue(), crc32c));
                throw failure;
            }
            attempt(() -> append(data));
        }
        meter.report();
    }

    private void requireChunk(ByteBuffer data) {
        if (data.remaining() > ReadOptions.MAX_CHUNK_SIZE) {
            throw context.failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "a chunk has at most " + ReadOptions.MAX_CHUNK_SIZE + " bytes, not " + data.remaining());
        }
    }

    private void append(ByteBuffer data) {
        if (overlap > 0) {
            skipOverlap(data);
        }
        if (data.hasRemaining()) {
            ByteBuffer chunk = data.duplicate();
            file.write(context, data);
            meter.counted(chunk);
        }
    }

    /** Compares what is sent again with what the file has. */
    private void skipOverlap(ByteBuffer data) {
        ByteBuffer known = ByteBuffer.allocate((int) Math.min(PIECE, Math.min(overlap, data.remaining())));
        while (overlap > 0 && data.hasRemaining()) {
            context.throwIfCancelled();
            int count = (int) Math.min(known.capacity(), Math.min(overlap, data.remaining()));
            file.read(context, known.clear().limit(count), file.size() - overlap);
            if (!known.flip().equals(data.slice(data.position(), count))) {
                throw context.failure(
                        ErrorCode.CONFLICT,
                        "the bytes differ from those that the upload has; begin it again under a new id");
            }
            data.position(data.position() + count);
            overlap -= count;
        }
    }

    @Override
    public long committedBytes() {
        synchronized (lock) {
            return file.size();
        }
    }

    @Override
    public WriteSummary commit() {
        synchronized (lock) {
            requireUsable();
            if (overlap > 0) {
                throw context.failure(
                        ErrorCode.CONFLICT,
                        "the upload has " + overlap + " bytes more than were sent; send them, or begin a new one");
            }
            attempt(() -> file.publish(context, options.sync()));
            over = true;
            published = true;
        }
        context.place().close();
        onCommit.run();
        meter.ended();
        return new WriteSummary(meter.bytes(), meter.crc32c());
    }

    @Override
    public void close() {
        // A thread that is writing notices, and then gives the lock free.
        context.cancellation().cancel(ErrorCode.CANCELLED, "the stream was closed");
        synchronized (lock) {
            if (!over) {
                over = true;
                if (uncommitted == Uncommitted.KEEP) {
                    file.suspend();
                } else {
                    file.close();
                }
            }
        }
        context.place().close();
    }

    /** Whether nothing more will be written. Does not wait for what is being written. */
    boolean isOver() {
        return over;
    }

    /** Whether it was committed. Waits for a commit that is under way. */
    boolean isPublished() {
        synchronized (lock) {
            return published;
        }
    }

    private void requireUsable() {
        if (over) {
            throw context.failure(ErrorCode.CANCELLED, "the stream was closed");
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** After an error, nothing more can be written. */
    private void attempt(Runnable work) {
        try {
            work.run();
        } catch (SyscallException problem) {
            failure = problem;
            throw problem;
        }
    }
}
