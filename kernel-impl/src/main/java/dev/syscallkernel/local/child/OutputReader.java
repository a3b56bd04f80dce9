package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamingReader;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads what a program writes, from some offset on. Chunks are as large as what is there. */
final class OutputReader implements StreamingReader {
    private final SyscallContext context;
    private final OutputBuffer output;
    private final ByteBuffer buffer;
    private final StreamMeter meter;
    private final Object lock = new Object();
    private CompletableFuture<@Nullable Void> ready = CompletableFuture.completedFuture(null); // guarded by lock
    private long offset;
    private long left;
    private @Nullable ByteBuffer chunk;
    private @Nullable SyscallException failure;
    private boolean ended;
    private volatile boolean closed;

    private OutputReader(SyscallContext context, OutputBuffer output, ReadOptions options) {
        this.context = context;
        this.output = output;
        this.offset = options.offset();
        this.left = options.length().orElse(Long.MAX_VALUE);
        this.buffer = ByteBuffer.allocate(options.chunkSize());
        this.meter = new StreamMeter(options.checksum(), options.progress(), OptionalLong.empty());
    }

    /** Starts reading. The reader owns the place of the call from now on. */
    static OutputReader open(SyscallContext context, OutputBuffer output, ReadOptions options) {
        output.requireKept(context, options.offset());
        OutputReader reader = new OutputReader(context, output, options);
        context.place().releaseBy(reader::close);
        return reader;
    }

    @Override
    public boolean next() {
        chunk = null;
        if (failure != null) {
            throw failure;
        }
        if (left == 0) {
            return end();
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), left));
        int count = fill();
        if (closed) {
            throw closed();
        }
        if (count < 0) {
            return end();
        }
        offset += count;
        left -= count;
        chunk = buffer.flip();
        meter.moved(buffer);
        return true;
    }

    private int fill() {
        try {
            return output.read(context, offset, buffer, () -> !closed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw fail(context.failure(ErrorCode.CANCELLED, "the reading thread was interrupted", interrupted));
        } catch (SyscallException gap) {
            throw fail(gap);
        }
    }

    private boolean end() {
        if (!ended) {
            ended = true;
            meter.ended();
        }
        return false;
    }

    private SyscallException closed() {
        return fail(context.failure(ErrorCode.CANCELLED, "the stream was closed"));
    }

    private SyscallException fail(SyscallException reason) {
        failure = reason;
        return reason;
    }

    @Override
    public CompletableFuture<@Nullable Void> ready() {
        synchronized (lock) {
            if (ready.isDone() && !closed && left > 0) {
                ready = output.ready(offset);
            }
            return ready;
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
        return OptionalLong.empty();
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
        CompletableFuture<@Nullable Void> waiting;
        synchronized (lock) {
            closed = true;
            waiting = ready;
        }
        context.place().close();
        output.forget(waiting);
        output.wake();
        waiting.complete(null);
    }
}
