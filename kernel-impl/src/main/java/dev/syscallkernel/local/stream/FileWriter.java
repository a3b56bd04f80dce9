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

    private final SyscallContext context;
    private final WritableFile file;
    private final WriteOptions options;
    private final Uncommitted uncommitted;
    private final Runnable onCommit;
    private final StreamMeter meter;
    private final Object lock = new Object();
    private long overlap; // guarded by lock; how many of the next bytes the file already has
    private boolean over; // guarded by lock
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

    /** Sums what the file of a resumed upload has already. */
    FileWriter takeUp() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(ReadOptions.DEFAULT_CHUNK_SIZE);
        for (long at = 0; at < file.size(); at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), file.size() - at));
            file.read(context, buffer, at);
            meter.moved(buffer.flip());
        }
        return this;
    }

    @Override
    public void write(ByteBuffer data) {
        synchronized (lock) {
            requireUsable();
            attempt(() -> append(data));
        }
    }

    @Override
    public void write(ByteBuffer data, int crc32c) {
        CRC32C actual = new CRC32C();
        actual.update(data.duplicate());
        synchronized (lock) {
            requireUsable();
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
    }

    private void append(ByteBuffer data) {
        if (overlap > 0) {
            skipOverlap(data);
        }
        if (data.hasRemaining()) {
            ByteBuffer chunk = data.duplicate();
            file.write(context, data);
            meter.moved(chunk);
        }
    }

    /** Compares what is sent again with what the file has. */
    private void skipOverlap(ByteBuffer data) {
        int count = (int) Math.min(overlap, data.remaining());
        ByteBuffer known = ByteBuffer.allocate(count);
        file.read(context, known, file.size() - overlap);
        if (!known.flip().equals(data.slice(data.position(), count))) {
            throw context.failure(
                    ErrorCode.CONFLICT,
                    "the bytes differ from those that the upload has; begin it again under a new id");
        }
        data.position(data.position() + count);
        overlap -= count;
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
