package dev.syscallkernel.stream;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;

/**
 * Counts what a stream moves, sums its CRC32C and tells its progress listener: the part that is the same for every
 * kernel's readers and writers. Used by one thread at a time.
 */
public final class StreamMeter {
    /** The time between two calls of the listener. */
    static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final boolean checksum;
    private final ProgressListener listener;
    private final OptionalLong totalBytes;
    private final LongSupplier nanoTime;
    private final CRC32C crc = new CRC32C();
    private final long begin;
    private long lastReport;
    private long bytes;

    /**
     * @param checksum whether the CRC32C is wanted
     * @param totalBytes how many bytes there will be, where that is known
     */
    public StreamMeter(boolean checksum, ProgressListener listener, OptionalLong totalBytes) {
        this(checksum, listener, totalBytes, System::nanoTime);
    }

    StreamMeter(boolean checksum, ProgressListener listener, OptionalLong totalBytes, LongSupplier nanoTime) {
        this.checksum = checksum;
        this.listener = listener;
        this.totalBytes = totalBytes;
        this.nanoTime = nanoTime;
        this.begin = listener == ProgressListener.NONE ? 0 : nanoTime.getAsLong();
        this.lastReport = begin;
    }

    /** Takes note of a chunk that has been moved; its position stays. */
    public void moved(ByteBuffer chunk) {
        counted(chunk);
        report();
    }

    /** Takes note of bytes that were moved unseen; not for a stream whose checksum is wanted. */
    public void moved(long count) {
        bytes += count;
        report();
    }

    /** Takes note of a chunk as {@link #moved(ByteBuffer)} does, and leaves the listener to {@link #report()}. */
    public void counted(ByteBuffer chunk) {
        if (checksum) {
            crc.update(chunk.duplicate());
        }
        bytes += chunk.remaining();
    }

    /** Tells the listener how far the stream has got, if it is time. */
    public void report() {
        if (listener != ProgressListener.NONE) {
            long now = nanoTime.getAsLong();
            if (now - lastReport >= INTERVAL_NANOS) {
                lastReport = now;
                report(now);
            }
        }
    }

    /** Takes note of the end of the stream. */
    public void ended() {
        if (listener != ProgressListener.NONE) {
            report(nanoTime.getAsLong());
        }
    }

    /** How many bytes have been moved. */
    public long bytes() {
        return bytes;
    }

    /**
     * The CRC32C of what has been moved.
     *
     * @throws IllegalStateException if it was not asked for
     */
    public int crc32c() {
        if (!checksum) {
            throw new IllegalStateException("the stream was opened without a checksum; ask for it in its options");
        }
        return (int) crc.getValue();
    }

    private void report(long now) {
        long nanos = Math.max(1, now - begin);
        listener.onProgress(new Progress(bytes, totalBytes, bytes * 1e9 / nanos));
    }
}
