package dev.syscallkernel.grpc;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where in a message its chunk lies.
 *
 * @param <M> the message
 */
interface ChunkLayout<M> {

    /**
     * A message whose chunk was found without parsing it.
     *
     * @param rest the message without its chunk
     * @param begin where the chunk begins, in bytes from the beginning of the message
     */
    record Located<M>(M rest, int begin, int size) {}

    /** The chunk in a message that was parsed, or null if it has none. */
    @Nullable
    ByteString chunk(M message);

    M withChunk(M rest, ByteString chunk);

    /** What the message has before the bytes of its chunk. */
    ByteBuffer head(M rest, int chunkSize);

    /** What the message has after the bytes of its chunk. */
    ByteBuffer tail(M rest);

    /**
     * Looks for the chunk in a message of the shape that {@code head} and {@code tail} make.
     *
     * @param stream whose available bytes are the message; may be read
     * @return null for a message of any other shape
     */
    @Nullable
    Located<M> locate(InputStream stream) throws IOException;
}
