package dev.syscallkernel.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A writer behind the interface that most Java code writes to. */
final class WriterOutputStream extends OutputStream {
    private final StreamingWriter writer;
    private final ByteBuffer buffer = ByteBuffer.allocate(ReadOptions.DEFAULT_CHUNK_SIZE);
    private boolean closed;

    WriterOutputStream(StreamingWriter writer) {
        this.writer = writer;
    }

    @Override
    public void write(int b) throws IOException {
        requireOpen();
        if (!buffer.hasRemaining()) {
            drain();
        }
        buffer.put((byte) b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        requireOpen();
        if (length > buffer.remaining()) {
            drain();
        }
        if (length > buffer.remaining()) {
            writer.write(ByteBuffer.wrap(bytes, offset, length));
        } else {
            buffer.put(bytes, offset, length);
        }
    }

    @Override
    public void flush() throws IOException {
        requireOpen();
        drain();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            drain();
        }
    }

    private void drain() {
        buffer.flip();
        writer.write(buffer);
        buffer.clear();
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
    }
}
