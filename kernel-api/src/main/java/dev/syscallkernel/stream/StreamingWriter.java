package dev.syscallkernel.stream;

import dev.syscallkernel.SyscallException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes any amount of data with one chunk in memory at a time, and publishes it in one step. Until {@link #commit()}
 * nobody sees any of it; a reader sees the old file or the new one and never a mixture, and so does a crash.
 *
 * <pre>{@code
 * try (StreamingWriter writer = process.write("/workspace/big.bin")) {
 *     while (source.read(buffer) >= 0) {
 *         writer.write(buffer.flip());
 *         buffer.clear();
 *     }
 *     writer.commit();
 * }
 * }</pre>
 *
 * <p>Closing without a commit publishes nothing. An upload with an id is kept until it goes on, expires, or its process
 * ends; any other stream is forgotten.
 *
 * <p>One thread writes; {@link #close()} may be called from any other and ends a waiting {@link #write}.
 */
public interface StreamingWriter extends AutoCloseable {

    /**
     * Writes what remains in the buffer, which may be of any size and can be used again when this returns. Waits while
     * the kernel takes no more.
     *
     * @throws SyscallException NO_SPACE; CANCELLED if the writer was closed by another thread, its process ended or
     *     the calling thread was interrupted; IO_ERROR; over a network also UNAVAILABLE. After any of them nothing more
     *     can be written, and nothing is published.
     */
    void write(ByteBuffer data);

    /**
     * Writes one chunk together with the CRC32C that the sender computed of it. The chunk is accepted only if it still
     * has this checksum.
     *
     * @param data at most {@link ReadOptions#MAX_CHUNK_SIZE} bytes
     * @throws SyscallException as {@link #write(ByteBuffer)}, and DATA_LOSS if the checksum differs
     */
    void write(ByteBuffer data, int crc32c);

    /**
     * A future that is done once {@link #write} need not wait for long for what was written before: it has been taken,
     * or the stream has failed or was closed. Its continuations must not block.
     */
    default CompletableFuture<@Nullable Void> ready() {
        return CompletableFuture.completedFuture(null);
    }

    /** How many bytes of the stream the kernel is known to have; of a resumed upload, those sent before among them. */
    long committedBytes();

    /**
     * Publishes the stream. Waits until the target has it and, if {@code sync} was asked for, the device too.
     *
     * @throws SyscallException ALREADY_EXISTS in the mode CREATE_NEW if the name is taken by now; IS_A_DIRECTORY if the
     *     target became one; and as {@link #write(ByteBuffer)}
     */
    WriteSummary commit();

    /** Drops what was not committed. Safe from any thread; closing twice, or after a commit, has no effect. */
    @Override
    void close();

    /**
     * This stream as an {@link OutputStream} with a buffer of one chunk. Closing it hands over what is buffered and does
     * <em>not</em> commit, so that an exception on the way publishes nothing: call {@link #commit()} afterwards.
     */
    default OutputStream asOutputStream() {
        return new WriterOutputStream(this);
    }

    /**
     * Writes all that the channel has, to its end; does not commit.
     *
     * @return how many bytes that were
     * @throws IOException if the channel fails
     */
    default long transferFrom(ReadableByteChannel source) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(ReadOptions.DEFAULT_CHUNK_SIZE);
        long total = 0;
        while (source.read(buffer) >= 0) {
            buffer.flip();
            total += buffer.remaining();
            write(buffer);
            buffer.clear();
        }
        return total;
    }
}
