package dev.syscallkernel.stream;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;

/** A reader behind the interface of channels: fills buffers of any size. */
final class ReaderChannel implements ReadableByteChannel {
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final StreamingReader reader;
    private ByteBuffer chunk = EMPTY; // used by the reading thread only
    private volatile boolean closed;

    ReaderChannel(StreamingReader reader) {
        this.reader = reader;
    }

    @Override
    public int read(ByteBuffer target) throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
        if (!target.hasRemaining()) {
            return 0;
        }
        if (!chunk.hasRemaining()) {
            chunk = EMPTY;
            if (!reader.next()) {
                return -1;
            }
            chunk = reader.chunk();
        }
        int count = Math.min(target.remaining(), chunk.remaining());
        target.put(chunk.slice(chunk.position(), count));
        chunk.position(chunk.position() + count);
        return count;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        closed = true;
        reader.close();
    }
}
