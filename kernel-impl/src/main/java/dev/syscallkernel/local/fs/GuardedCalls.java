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
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs calls that open a file by its name, on threads of their own. Somebody may put a FIFO in the file's place at that
 * very moment, and then the open waits for a writer, for ever, and Java offers no way out of it.
 *
 * <p>A caller waits for a while, and frees the open by being that writer as long as the FIFO can still be found. If it
 * cannot, the caller goes on without the open, whose thread remains, with the directory it is in. No more than a few
 * threads of a process, and of all processes together, may be lost in this way; then such opens are refused.
 *
 * <p>Thread-safe.
 */
final class GuardedCalls {
    private static final System.Logger LOG = System.getLogger(GuardedCalls.class.getName());
    private static final int MAX_LOST = 8;
    private static final int MAX_LOST_IN_ALL = 64;
    private static final AtomicInteger LOST_IN_ALL = new AtomicInteger();
    private static final long PATIENCE_MILLIS = 50;
    private static final int ATTEMPTS = 60;
    private static final Set<OpenOption> READ_WRITE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    /** Something that may block. */
    interface Call<T> {
        T run() throws IOException;
    }

    private final AtomicInteger lost = new AtomicInteger();

    /** As many as there are callers that wait, and those that were lost. Idle ones end by themselves. */
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "syscallkernel-open");
                thread.setDaemon(true);
                return thread;
            });

    /**
     * Runs a call that opens an entry of a directory.
     *
     * @throws SyscallException UNAVAILABLE if it does not come to an end; CANCELLED if the thread is interrupted; the
     *     reason of the context if that is cancelled
     */
    <T extends Closeable> T run(SyscallContext ctx, DirectoryHandle parent, Name name, Call<T> call)
            throws IOException {
        CompletableFuture<T> result = new CompletableFuture<>();
        start(ctx, parent, call, result);
        try {
            return await(ctx, parent, name, result);
        } catch (ExecutionException failure) {
            throw cause(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            giveUp(result);
            throw ctx.failure(ErrorCode.CANCELLED, "the calling thread was interrupted", interrupted);
        } catch (SyscallException noLongerWaiting) {
            giveUp(result);
            throw noLongerWaiting;
        }
    }

    /** Waits for the result, and fails when that is of no use any more. */
    private static <T> T await(SyscallContext ctx, DirectoryHandle parent, Name name, CompletableFuture<T> result)
            throws InterruptedException, ExecutionException {
        for (int i = 0; i < ATTEMPTS; i++) {
            try {
                return result.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException late) {
                ctx.throwIfCancelled();
                free(parent, name);
            }
        }
        throw ctx.failure(ErrorCode.UNAVAILABLE, "the file does not open; a FIFO may have taken its place");
    }

    private <T extends Closeable> void start(
            SyscallContext ctx, DirectoryHandle parent, Call<T> call, CompletableFuture<T> result) {
        if (lost.get() >= MAX_LOST || LOST_IN_ALL.get() >= MAX_LOST_IN_ALL) {
            throw ctx.failure(ErrorCode.UNAVAILABLE, "too many files do not open; FIFOs may have taken their places");
        }
        parent.share();
        try {
            threads.execute(() -> finish(parent, call, result));
        } catch (RuntimeException | Error failure) {
            parent.close();
            throw failure;
        }
    }

    private <T extends Closeable> void finish(DirectoryHandle parent, Call<T> call, CompletableFuture<T> result) {
        try {
            T value = runAndLeave(parent, call);
            if (!result.complete(value)) {
                countLost(-1);
                closeUnused(value);
            }
        } catch (IOException | RuntimeException | Error failure) {
            if (!result.completeExceptionally(failure)) {
                countLost(-1);
            }
        }
    }

    /** The directory is left before the caller hears of the result, and not at some time after it. */
    private static <T> T runAndLeave(DirectoryHandle parent, Call<T> call) throws IOException {
        try (parent) {
            return call.run();
        }
    }

    /** Nobody waits for the call any more: whatever it still brings has to be closed. */
    private <T extends Closeable> void giveUp(CompletableFuture<T> result) {
        countLost(1);
        if (!result.completeExceptionally(new TimeoutException())) {
            countLost(-1);
            if (!result.isCompletedExceptionally()) {
                closeUnused(result.join());
            }
        }
    }

    private void countLost(int change) {
        lost.addAndGet(change);
        LOST_IN_ALL.addAndGet(change);
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
}
