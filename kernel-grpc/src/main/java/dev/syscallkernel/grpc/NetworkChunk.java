package dev.syscallkernel.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.HasByteBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A chunk that lies in the network's buffers, in as many pieces as it arrived in. They are pooled and used again for
 * anybody's bytes, which is why nobody gets a view of them: the bytes are copied once, to a buffer of their receiver.
 * Closing gives the buffers back. Used by one thread at a time, but closed by any; only then, the bytes must not be in
 * use.
 */
final class NetworkChunk implements AutoCloseable {
    /** How many have not been closed. */
    private static final AtomicInteger OPEN = new AtomicInteger();

    private final InputStream stream;
    private final int size;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param stream a detached stream with the bytes in buffers, which this chunk owns from now on
     * @param begin how many bytes come before the chunk
     */
    NetworkChunk(InputStream stream, int begin, int size) throws IOException {
        this.stream = stream;
        this.size = size;
        stream.skipNBytes(begin);
        OPEN.incrementAndGet();
    }

    /** How many chunks keep buffers of the network at this moment, in this JVM. */
    static int open() {
        return OPEN.get();
    }

    int size() {
        return size;
    }

    void copyTo(ByteBuffer target) {
        try {
            if (target.hasArray()) {
                int end = target.position() + size;
                int count = stream.readNBytes(target.array(), target.arrayOffset() + target.position(), size);
                if (count != size) {
                    throw new IOException("the chunk ended after " + count + " of " + size + " bytes");
                }
                target.position(end);
            } else {
                copyPieces(target);
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // the bytes are in memory
        }
    }

    private void copyPieces(ByteBuffer target) throws IOException {
        int left = size;
        while (left > 0) {
            ByteBuffer piece = requireNonNull(((HasByteBuffer) stream).getByteBuffer());
            int count = Math.min(left, piece.remaining());
            if (count == 0) { // an empty piece, which stays at the head until somebody reads past it
                target.put(nextByte());
                left--;
                continue;
            }
            target.put(piece.limit(piece.position() + count));
            stream.skipNBytes(count);
            left -= count;
        }
    }

    private byte nextByte() throws IOException {
        int next = stream.read();
        if (next < 0) {
            throw new EOFException("the chunk ended before its " + size + " bytes");
        }
        return (byte) next;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            OPEN.decrementAndGet();
            try {
                stream.close();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
    }
}
