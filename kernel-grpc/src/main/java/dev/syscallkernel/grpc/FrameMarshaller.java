package dev.syscallkernel.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the messages of a stream as generated code does, byte for byte, but leaves chunks where they are.
 * Whatever is not exactly one chunk, in buffers that can be kept, is parsed by the generated code; that is normal, and
 * counted. Thread-safe.
 *
 * @param <M> the message
 */
final class FrameMarshaller<M> implements Marshaller<ChunkFrame<M>> {
    /** Set to true, this system property leaves everything to generated code. */
    static final String PLAIN = "dev.syscallkernel.grpc.plainMarshaller";

    private final Marshaller<M> generated;
    private final ChunkLayout<M> layout;
    private final boolean plain;
    private final LongAdder kept = new LongAdder();
    private final LongAdder parsed = new LongAdder();

    FrameMarshaller(Marshaller<M> generated, ChunkLayout<M> layout) {
        this(generated, layout, Boolean.getBoolean(PLAIN));
    }

    FrameMarshaller(Marshaller<M> generated, ChunkLayout<M> layout, boolean plain) {
        this.generated = generated;
        this.layout = layout;
        this.plain = plain;
    }

    /** How many messages were received whose chunk stayed where it was. */
    long kept() {
        return kept.sum();
    }

    /** How many messages were received that generated code had to parse. */
    long parsed() {
        return parsed.sum();
    }

    @Override
    public InputStream stream(ChunkFrame<M> frame) {
        ByteBuffer chunk = frame.bytes();
        M message = frame.message();
        if (chunk == null) {
            return generated.stream(message);
        }
        return plain
                ? generated.stream(layout.withChunk(message, UnsafeByteOperations.unsafeWrap(chunk)))
                : new FrameStream(layout.head(message, chunk.remaining()), chunk, layout.tail(message));
    }

    @Override
    public ChunkFrame<M> parse(InputStream stream) {
        try {
            ChunkFrame<M> frame = plain ? null : keep(stream);
            if (frame != null) {
                kept.increment();
                return frame;
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // the bytes are in memory
        }
        parsed.increment();
        M message = generated.parse(stream);
        ByteString chunk = layout.chunk(message);
        return chunk == null ? ChunkFrame.of(message) : ChunkFrame.of(message, chunk.asReadOnlyByteBuffer());
    }

    /** The frame of a message whose chunk can stay where it is; else null, with nothing read. */
    private @Nullable ChunkFrame<M> keep(InputStream stream) throws IOException {
        if (!(stream instanceof KnownLength
                && stream instanceof Detachable detachable
                && stream instanceof HasByteBuffer buffers
                && buffers.byteBufferSupported()
                && stream.markSupported())) {
            return null;
        }
        stream.mark(stream.available());
        ChunkLayout.Located<M> located = locate(stream);
        stream.reset();
        return located == null
                ? null
                : ChunkFrame.of(located.rest(), new NetworkChunk(detachable.detach(), located.begin(), located.size()));
    }

    private ChunkLayout.@Nullable Located<M> locate(InputStream stream) throws IOException {
        try {
            return layout.locate(stream);
        } catch (InvalidProtocolBufferException malformed) {
            return null; // generated code will say what is wrong
        }
    }
}
