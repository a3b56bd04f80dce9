package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.stream.ProgressListener;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamMeter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes to a program. A commit ends its input. */
final class InputWriter implements StreamingWriter {
    private final SyscallContext context;
    private final InputPipe input;
    private final long before;
    private final StreamMeter meter = new StreamMeter(true, ProgressListener.NONE, OptionalLong.empty());
    private final AtomicBoolean over = new AtomicBoolean();
    private @Nullable SyscallException failure;

    private InputWriter(SyscallContext context, InputPipe input) {
        this.context = context;
        this.input = input;
        this.before = input.taken();
    }

    /** Becomes the one writer of a program. It owns the place of the call from now on. */
    static InputWriter open(SyscallContext context, InputPipe input) {
        input.claim(context);
        InputWriter writer = new InputWriter(context, input);
        context.place().releaseBy(writer::close);
        return writer;
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    /** After an error, nothing more can be written. */
    private void attempt(Work work) {
        if (failure != null) {
            throw failure;
        }
        try {
            requireOpen();
            work.run();
            requireOpen();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            failure = context.failure(ErrorCode.CANCELLED, "the writing thread was interrupted", interrupted);
            throw failure;
        } catch (SyscallException problem) {
            failure = problem;
            throw problem;
        }
    }

    private void requireOpen() {
        if (over.get()) {
            throw context.failure(ErrorCode.CANCELLED, "the stream was closed");
        }
    }

    @Override
    public void write(ByteBuffer data) {
        attempt(() -> {
            ByteBuffer chunk = data.duplicate();
            input.write(context, data, () -> !over.get());
            meter.moved(chunk);
        });
    }

    @Override
    public void write(ByteBuffer data, int crc32c) {
        if (data.remaining() > ReadOptions.MAX_CHUNK_SIZE) {
            throw context.failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "a chunk has at most " + ReadOptions.MAX_CHUNK_SIZE + " bytes, not " + data.remaining());
        }
        CRC32C actual = new CRC32C();
        actual.update(data.duplicate());
        attempt(() -> {
            if ((int) actual.getValue() != crc32c) {
                throw context.failure(
                        ErrorCode.DATA_LOSS,
                        String.format(
                                "the chunk has the checksum %08x, and %08x was announced",
                                (int) actual.getValue(), crc32c));
            }
        });
        write(data);
    }

    @Override
    public CompletableFuture<@Nullable Void> ready() {
        return over.get() ? CompletableFuture.completedFuture(null) : input.ready();
    }

    @Override
    public long committedBytes() {
        return input.taken() - before;
    }

    @Override
    public WriteSummary commit() {
        attempt(() -> {
            if (!input.finish(context, () -> !over.get())) {
                requireOpen();
            }
        });
        close();
        return new WriteSummary(meter.bytes(), meter.crc32c());
    }

    @Override
    public void close() {
        if (over.compareAndSet(false, true)) {
            context.place().close();
            input.unclaim();
        }
    }
}
