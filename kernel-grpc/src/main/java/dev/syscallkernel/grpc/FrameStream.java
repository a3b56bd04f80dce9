package dev.syscallkernel.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A message as gRPC takes it from a marshaller: what comes before the chunk, the chunk where its owner has it, and what
 * comes after. gRPC drains it into its own buffers at once. Closing lets go of the chunk.
 */
final class FrameStream extends InputStream implements Drainable, KnownLength {
    private static final int PIECE = 16 << 10;

    /** gRPC takes arrays only. A chunk outside the heap passes through a small one, which stays in the cache. */
    private static final ThreadLocal<byte[]> PASSAGE = ThreadLocal.withInitial(() -> new byte[PIECE]);

    private ByteBuffer[] parts;
    private int next;

    FrameStream(ByteBuffer head, ByteBuffer chunk, ByteBuffer tail) {
        this.parts = new ByteBuffer[] {head, chunk.duplicate(), tail};
    }

    @Override
    public int available() {
        int bytes = 0;
        for (ByteBuffer part : parts) {
            bytes += part.remaining();
        }
        return bytes;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
        int bytes = available();
        for (ByteBuffer part : parts) {
            drain(part, target);
        }
        return bytes;
    }

    private static void drain(ByteBuffer part, OutputStream target) throws IOException {
        if (part.hasArray()) {
            target.write(part.array(), part.arrayOffset() + part.position(), part.remaining());
            part.position(part.limit());
            return;
        }
        byte[] passage = PASSAGE.get();
        while (part.hasRemaining()) {
            int count = Math.min(part.remaining(), passage.length);
            part.get(passage, 0, count);
            target.write(passage, 0, count);
        }
    }

    @Override
    public int read() {
        return advance() ? parts[next].get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!advance()) {
            return -1;
        }
        int count = Math.min(length, parts[next].remaining());
        parts[next].get(target, offset, count);
        return count;
    }

    private boolean advance() {
        while (next < parts.length && !parts[next].hasRemaining()) {
            next++;
        }
        return next < parts.length;
    }

    @Override
    public void close() {
        parts = new ByteBuffer[0];
    }
}
