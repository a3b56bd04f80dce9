package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNullElse;

import com.google.common.base.Throwables;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls that open a file by its name, on threads of their own. Somebody may put a FIFO in the file's place at that
 * very moment, and then the open waits for a writer, for ever, and Java offers no way out of it.
 *
 * <p>A caller waits for a while, and frees the open by being that writer as long as the FIFO can still be found. If it
 * cannot, the caller goes on without the open, whose thread remains. No more than a few threads may be lost in this way;
 * then such opens are refused.
 *
 * <p>Thread-safe.
 */
final class GuardedCalls implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(GuardedCalls.class.getName());
    private static final int MAX_THREADS = 64;
    private static final int MAX_LOST = 8;
    private static final long PATIENCE_MILLIS = 50;
    private static final int ATTEMPTS = 60;
    private static final Set<OpenOption> READ_WRITE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    /** Something that may block. */
    interface Call<T> {
        T run() throws IOException;
    }

    private final AtomicInteger lost = new AtomicInteger();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(0, MAX_THREADS, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "syscallkernel-open");
                thread.setDaemon(true);
                return thread;
            });

    /**
     * Runs a call that opens an entry of a directory.
     *
     * @throws SyscallException UNAVAILABLE if it does not come to an end; CANCELLED if the thread is interrupted
     */
    <T extends Closeable> T run(SyscallContext ctx, DirectoryHandle parent, Name name, Call<T> call)
            throws IOException {
        CompletableFuture<T> result = new CompletableFuture<>();
        start(ctx, parent, call, result);
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                return result.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException late) {
                free(parent, name);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                giveUp(result);
                throw ctx.failure(ErrorCode.CANCELLED, "the calling thread was interrupted", interrupted);
            } catch (ExecutionException failure) {
                throw cause(failure);
            }
        }
        giveUp(result);
        throw ctx.failure(ErrorCode.UNAVAILABLE, "the file does not open; a FIFO may have taken its place");
    }

    private <T extends Closeable> void start(
            SyscallContext ctx, DirectoryHandle parent, Call<T> call, CompletableFuture<T> result) {
        if (lost.get() >= MAX_LOST || !parent.retain()) {
            throw busy(ctx, null);
        }
        try {
            threads.execute(() -> finish(parent, call, result));
        } catch (RejectedExecutionException busy) {
            parent.close();
            throw busy(ctx, busy);
        }
    }

    private <T extends Closeable> void finish(DirectoryHandle parent, Call<T> call, CompletableFuture<T> result) {
        try (parent) {
            T value = call.run();
            if (!result.complete(value)) {
                lost.decrementAndGet();
                value.close();
            }
        } catch (IOException | RuntimeException | Error failure) {
            if (!result.completeExceptionally(failure)) {
                lost.decrementAndGet();
            }
        }
    }

    /** Nobody waits for the call any more: whatever it still brings has to be closed. */
    private <T extends Closeable> void giveUp(CompletableFuture<T> result) {
        lost.incrementAndGet();
        if (!result.completeExceptionally(new TimeoutException())) {
            lost.decrementAndGet();
            if (!result.isCompletedExceptionally()) {
                closeUnused(result.join());
            }
        }
    }

    /** Opens the FIFO for reading and writing, which waits for nobody, and lets all who wait for a writer go on. */
    private static void free(DirectoryHandle parent, Name name) {
        try {
            BasicFileAttributes attributes = parent.find(name);
            if (attributes != null && attributes.isOther()) {
                parent.openFile(name, READ_WRITE).close();
            }
        } catch (IOException failure) {
            LOG.log(Level.DEBUG, "An open that waits for a writer could not be freed", failure);
        }
    }

    private static void closeUnused(Closeable value) {
        try {
            value.close();
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "A file that nobody waited for could not be closed", failure);
        }
    }

    private static IOException cause(ExecutionException failure) {
        Throwable cause = requireNonNullElse(failure.getCause(), failure);
        Throwables.throwIfUnchecked(cause);
        return cause instanceof IOException expected ? expected : new IOException(cause);
    }

    private static SyscallException busy(SyscallContext ctx, @Nullable Throwable cause) {
        return ctx.failure(ErrorCode.UNAVAILABLE, "too many files of this process wait to be opened", cause);
    }

    /** Lets the threads end when they have nothing left to do. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
