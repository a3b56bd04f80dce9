package dev.syscallkernel.local.stream;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamingReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads an open file, chunk by chunk, into one direct buffer of its own: the file channel fills it without a further
 * copy, and because no other reader shares it, a view that somebody keeps for too long shows nobody else's bytes.
 */
public final class FileReader implements StreamingReader {
    /** How much the operating system moves at a time, between two looks at whether the reader was closed. */
    private static final long TRANSFER_PIECE = 8 << 20;

    private final SyscallContext context;
    private final FileChannel channel;
    private final ByteBuffer buffer;
    private final long end; // the position where the stream ends
    private final boolean endKnown; // false for a file that does not tell its size: it ends where it ends
    private final OptionalLong totalBytes;
    private final StreamMeter meter;
    private final boolean metered; // whether every byte has to pass through the meter
    private long position;
    private @Nullable ByteBuffer chunk;
    private @Nullable SyscallException failure;
    private boolean ended;
    private volatile boolean closed;

    private FileReader(SyscallContext context, FileTree.OpenFile file, ReadOptions options) throws IOException {
        this.context = context;
        this.channel = file.channel();
        // Files like those of /proc say that they have no bytes, and then have some; an empty one has none, and what it
        // gets later is not read.
        this.endKnown = file.size() > 0 || channel.read(ByteBuffer.allocate(1), 0) < 0;
        this.position = options.offset();
        long wanted = options.length().orElse(Long.MAX_VALUE);
        long length = Math.min(wanted, endKnown ? Math.max(0, file.size() - position) : Long.MAX_VALUE - position);
        this.end = position + length;
        this.metered = options.checksum();
        this.totalBytes = endKnown ? OptionalLong.of(length) : OptionalLong.empty();
        this.meter = new StreamMeter(options.checksum(), options.progress(), totalBytes);
        this.buffer = ByteBuffer.allocateDirect((int) Math.min(options.chunkSize(), length));
    }

    /** Starts reading a file. The reader owns it from now on, and the place of the call. */
    public static FileReader open(SyscallContext context, FileTree.OpenFile file, ReadOptions options) {
        FileReader reader;
        try {
            reader = new FileReader(context, file, options);
        } catch (IOException problem) {
            closeQuietly(file.channel());
            throw context.failure(ErrorCode.IO_ERROR, "the file cannot be read", problem);
        } catch (RuntimeException | Error problem) {
            closeQuietly(file.channel());
            throw problem;
        }
        context.place().releaseBy(reader::close);
        return reader;
    }

    @Override
    public boolean next() {
        chunk = null;
        requireUsable();
        try {
            return fill();
        } catch (IOException problem) {
            throw failed(problem);
        }
    }

    private SyscallException failed(IOException problem) {
        if (problem instanceof ClosedByInterruptException) {
            return fail(context.failure(ErrorCode.CANCELLED, "the reading thread was interrupted", problem));
        }
        return problem instanceof ClosedChannelException
                ? closed()
                : fail(context.failure(ErrorCode.IO_ERROR, "reading failed at byte " + position, problem));
    }

    private boolean fill() throws IOException {
        buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
        int count = 0;
        while (buffer.hasRemaining() && count >= 0) {
            // By position, for a file need not be able to seek as far as the caller asks.
            count = channel.read(buffer, position + buffer.position());
        }
        if (count < 0 && endKnown) {
            throw shrunk(position + buffer.position());
        }
        buffer.flip();
        position += buffer.limit();
        if (!buffer.hasRemaining()) {
            end();
            return false;
        }
        chunk = buffer;
        meter.moved(buffer);
        return true;
    }

    private void end() {
        if (!ended) {
            ended = true;
            meter.ended();
        }
    }

    private SyscallException shrunk(long size) {
        return fail(context.failure(
                ErrorCode.DATA_LOSS,
                "the file shrank while it was read: it ends at byte " + size + " and had more when the stream began"));
    }

    /** Lets the operating system move the bytes, where nobody has to see them. */
    @Override
    public long transferTo(WritableByteChannel target) throws IOException {
        if (metered || !endKnown) {
            return StreamingReader.super.transferTo(target);
        }
        long begin = position;
        chunk = null;
        while (position < end) {
            requireUsable();
            long moved = transferPiece(target);
            if (moved == 0 && position >= size()) {
                throw shrunk(position);
            }
            position += moved;
            meter.moved(moved);
        }
        end();
        return position - begin;
    }

    private long transferPiece(WritableByteChannel target) throws IOException {
        try {
            return channel.transferTo(position, Math.min(TRANSFER_PIECE, end - position), target);
        } catch (ClosedByInterruptException problem) {
            throw failed(problem);
        } catch (ClosedChannelException problem) {
            if (closed) {
                throw closed();
            }
            throw problem; // the target's
        }
    }

    private long size() {
        try {
            return channel.size();
        } catch (IOException problem) {
            throw failed(problem);
        }
    }

    private void requireUsable() {
        if (closed) {
            throw closed();
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public ByteBuffer chunk() {
        ByteBuffer current = chunk;
        if (current == null) {
            throw new IllegalStateException("there is no chunk; call next() first, and only while it returns true");
        }
        if (closed) {
            throw closed(); // perhaps by the end of the process, a moment ago
        }
        return current.asReadOnlyBuffer();
    }

    @Override
    public OptionalLong totalBytes() {
        return totalBytes;
    }

    @Override
    public long bytesRead() {
        return meter.bytes();
    }

    @Override
    public int crc32c() {
        return meter.crc32c();
    }

    @Override
    public void close() {
        closed = true;
        context.place().close();
        closeQuietly(channel);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException problem) {
            System.getLogger(FileReader.class.getName())
                    .log(System.Logger.Level.WARNING, "A file that was read could not be closed", problem);
        }
    }

    private SyscallException fail(SyscallException reason) {
        failure = reason;
        return reason;
    }

    private SyscallException closed() {
        return context.failure(ErrorCode.CANCELLED, "the stream was closed");
    }
}
