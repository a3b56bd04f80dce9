package dev.syscallkernel.stream;

import dev.syscallkernel.SyscallException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Reads any amount of data with one chunk in memory at a time.
 *
 * <pre>{@code
 * try (StreamingReader reader = process.read("/workspace/big.bin")) {
 *     while (reader.next()) {
 *         digest.update(reader.chunk());
 *     }
 * }
 * }</pre>
 *
 * <p>A file that is replaced while it is read goes on as it was; one that shrinks ends the stream with DATA_LOSS, for
 * what was there at the beginning can no longer be delivered; bytes appended after the beginning are not read.
 *
 * <p>One thread reads; {@link #close()} may be called from any other and ends a waiting {@link #next()}.
 */
public interface StreamingReader extends AutoCloseable {

    /**
     * Fetches the next chunk. What {@link #chunk()} gave before is no longer valid.
     *
     * @return false at the end of the stream
     * @throws SyscallException CANCELLED if the reader was closed by another thread, its process ended or the calling
     *     thread was interrupted; DATA_LOSS if the file shrank; IO_ERROR; over a network also UNAVAILABLE. After any
     *     of them the stream is at its end: further calls throw the same.
     */
    boolean next();

    /**
     * A future that is done once {@link #next()} need not wait for long: there is data, or the stream is at its end or
     * closed. Who serves many streams asks this instead of holding a thread for each. Its continuations must not block.
     */
    default CompletableFuture<@Nullable Void> ready() {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * The chunk that {@link #next()} fetched: a read-only view, valid until the next call of {@code next} or
     * {@code close}. Every call gives a view with a position of its own.
     *
     * @throws IllegalStateException if there is none, before the first {@code next} or at the end
     * @throws dev.syscallkernel.SyscallException CANCELLED if the stream was closed meanwhile
     */
    ByteBuffer chunk();

    /** How many bytes there are to read from the beginning to the end of the stream, where that is known. */
    OptionalLong totalBytes();

    /** How many bytes the chunks so far had in all. */
    long bytesRead();

    /**
     * The CRC32C of the chunks so far.
     *
     * @throws IllegalStateException if the options did not ask for it
     */
    int crc32c();

    /** Releases what the reader holds. Safe from any thread; closing twice has no effect. */
    @Override
    void close();

    /**
     * Ends the reading from any thread, as {@link #close()} does: a waiting {@link #next()} fails with CANCELLED within
     * 100 ms.
     */
    default void cancel() {
        close();
    }

    /**
     * Moves all that is left of the stream to the channel. In-process, where nobody asked for a checksum, the operating
     * system moves the bytes itself.
     *
     * @return how many bytes that were
     * @throws IOException if the channel fails
     */
    default long transferTo(WritableByteChannel target) throws IOException {
        long total = 0;
        while (next()) {
            ByteBuffer chunk = chunk();
            total += chunk.remaining();
            while (chunk.hasRemaining()) {
                target.write(chunk);
            }
        }
        return total;
    }

    /** This stream as an {@link InputStream}, which closes the reader when it is closed. */
    default InputStream asInputStream() {
        return new ReaderInputStream(this);
    }

    /**
     * This stream as a channel, whose {@code read(ByteBuffer)} fills buffers of any size, and which closes the reader when
     * it is closed.
     */
    default ReadableByteChannel asChannel() {
        return new ReaderChannel(this);
    }

    /**
     * This stream as a publisher for one subscriber. Chunks are fetched as they are asked for, on the executor, and
     * belong to the subscriber. The reader is closed at the end, on an error, and when the subscriber cancels.
     *
     * @param executor runs the reading, which waits for the file or the network
     */
    default Flow.Publisher<ByteBuffer> asPublisher(Executor executor) {
        return new ReaderPublisher(this, executor);
    }
}
