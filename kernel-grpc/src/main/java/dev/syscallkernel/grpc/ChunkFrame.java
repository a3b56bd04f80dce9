package dev.syscallkernel.grpc;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One message of a stream, with its chunk of bytes kept apart, so that nobody has to make an array of them: bytes to be
 * sent are taken from where their owner has them, and bytes that arrived stay in the network's buffers until somebody
 * copies them to where they are needed.
 *
 * <p>A frame has one owner, who closes it: on the sending side gRPC, which closes it before {@code sendMessage} returns;
 * on the receiving side whoever takes it out of the call. Closing twice has no effect.
 *
 * @param <M> the message of the protocol
 */
final class ChunkFrame<M> implements AutoCloseable {
    private final M message;
    private final @Nullable ByteBuffer bytes; // in memory of Java's own
    private final @Nullable NetworkChunk network; // in memory that has to be given back

    private ChunkFrame(M message, @Nullable ByteBuffer bytes, @Nullable NetworkChunk network) {
        this.message = message;
        this.bytes = bytes;
        this.network = network;
    }

    /** A message without a chunk. */
    static <M> ChunkFrame<M> of(M message) {
        return new ChunkFrame<>(message, null, null);
    }

    /**
     * A message with a chunk.
     *
     * @param rest the message without its chunk; or with it, if it was parsed as a whole
     * @param chunk is not copied
     */
    static <M> ChunkFrame<M> of(M rest, ByteBuffer chunk) {
        return new ChunkFrame<>(rest, chunk, null);
    }

    static <M> ChunkFrame<M> of(M rest, NetworkChunk chunk) {
        return new ChunkFrame<>(rest, null, chunk);
    }

    /** What else is in the message. */
    M message() {
        return message;
    }

    boolean hasChunk() {
        return bytes != null || network != null;
    }

    /** The chunk, if it is in memory of Java's own. */
    @Nullable
    ByteBuffer bytes() {
        return bytes;
    }

    /** How many bytes the chunk has; none if there is no chunk. */
    int chunkSize() {
        if (network != null) {
            return network.size();
        }
        return bytes == null ? 0 : bytes.remaining();
    }

    /** Puts the chunk into a buffer that has room for it; can be done once. */
    void copyChunk(ByteBuffer target) {
        if (network != null) {
            network.copyTo(target);
        } else if (bytes != null) {
            target.put(bytes.duplicate());
        }
    }

    /** The same frame with nothing to give back: a chunk of the network's is copied, and this frame closed. */
    ChunkFrame<M> inOwnMemory() {
        if (network == null) {
            return this;
        }
        try (network) {
            ByteBuffer copy = ByteBuffer.allocate(network.size());
            network.copyTo(copy);
            return of(message, copy.flip());
        }
    }

    @Override
    public void close() {
        if (network != null) {
            network.close();
        }
    }
}
