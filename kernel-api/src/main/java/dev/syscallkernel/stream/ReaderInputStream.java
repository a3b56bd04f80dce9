package dev.syscallkernel.stream;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A reader behind the interface that most Java code reads from. */
final class ReaderInputStream extends InputStream {
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final StreamingReader reader;
    private ByteBuffer chunk = EMPTY;

    ReaderInputStream(StreamingReader reader) {
        this.reader = reader;
    }

    @Override
    public int read() {
        return fill() ? chunk.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, chunk.remaining());
        chunk.get(target, offset, count);
        return count;
    }

    @Override
    public int available() {
        return chunk.remaining();
    }

    @Override
    public void close() {
        chunk = EMPTY;
        reader.close();
    }

    /** Makes sure that a byte is there, unless the stream is at its end. */
    private boolean fill() {
        if (chunk.hasRemaining()) {
            return true;
        }
        chunk = EMPTY;
        if (!reader.next()) {
            return false;
        }
        chunk = reader.chunk();
        return true;
    }
}
