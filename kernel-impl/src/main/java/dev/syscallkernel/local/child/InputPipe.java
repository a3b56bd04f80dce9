package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The standard input of a program. One piece at a time is under way, written by a thread that is there just for that:
 * a program that does not read lets it wait, which nothing but the program's end could end otherwise. Thread-safe.
 */
final class InputPipe {
    private static final int PIECE = 64 << 10;

    private volatile OutputStream pipe; // replaced when the program has ended: it has a buffer
    private final Executor threads;
    private final Object lock = new Object();
    private byte[] piece = new byte[0]; // used by whoever has set 'writing', replaced by the one writer
    private boolean claimed; // guarded by lock; there is a writer
    private boolean writing; // guarded by lock; a piece is under way
    private boolean broken; // guarded by lock; the program reads no more
    private boolean finished; // guarded by lock; all was sent
    private long taken; // guarded by lock; bytes that the pipe has taken
    private CompletableFuture<@Nullable Void> idle = CompletableFuture.completedFuture(null); // guarded by lock

    InputPipe(OutputStream pipe, Executor threads) {
        this.pipe = pipe;
        this.threads = threads;
    }

    /** Becomes the one writer. */
    void claim(SyscallContext context) {
        synchronized (lock) {
            if (claimed) {
                throw context.failure(ErrorCode.CONFLICT, "somebody else is writing the input; wait until he is done");
            }
            if (finished) {
                throw context.failure(ErrorCode.BROKEN_PIPE, "the input was ended by a commit");
            }
            claimed = true;
        }
    }

    void unclaim() {
        synchronized (lock) {
            claimed = false;
            lock.notifyAll();
        }
    }

    /** Lets those who wait see whether they still want to. */
    void wake() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    /** How many bytes the pipe has taken from all writers. */
    long taken() {
        synchronized (lock) {
            return taken;
        }
    }

    CompletableFuture<@Nullable Void> ready() {
        synchronized (lock) {
            return idle;
        }
    }

    /** Hands over all that remains, piece by piece; returns early if it is no longer wanted. */
    void write(SyscallContext context, ByteBuffer data, BooleanSupplier wanted) throws InterruptedException {
        while (data.hasRemaining() && awaitIdle(context, wanted)) {
            int count = Math.min(data.remaining(), PIECE);
            synchronized (lock) {
                writing = true;
                idle = new CompletableFuture<>();
                if (piece.length == 0) {
                    piece = new byte[PIECE];
                }
            }
            byte[] bytes = piece;
            data.get(bytes, 0, count);
            threads.execute(() -> send(bytes, count));
        }
    }

    private void send(byte[] bytes, int count) {
        boolean failed = false;
        try {
            pipe.write(bytes, 0, count);
            pipe.flush();
        } catch (IOException closed) {
            failed = true;
        }
        CompletableFuture<@Nullable Void> done;
        synchronized (lock) {
            writing = false;
            broken |= failed;
            taken += failed ? 0 : count;
            done = idle;
            lock.notifyAll();
        }
        done.complete(null);
    }

    /** Waits until the pipe has taken all; returns whether that is still wanted. */
    private boolean awaitIdle(SyscallContext context, BooleanSupplier wanted) throws InterruptedException {
        synchronized (lock) {
            while (writing && !broken && wanted.getAsBoolean()) {
                lock.wait();
            }
            if (broken) {
                throw context.failure(ErrorCode.BROKEN_PIPE, "the program reads no more");
            }
            return wanted.getAsBoolean();
        }
    }

    /** Waits until the pipe has taken all, and ends the input. Returns whether it did. */
    boolean finish(SyscallContext context, BooleanSupplier wanted) throws InterruptedException {
        if (!awaitIdle(context, wanted)) {
            return false;
        }
        synchronized (lock) {
            finished = true;
        }
        close();
        return true;
    }

    /**
     * The program has ended. A piece may still be under way, where others hold the other end of the pipe; nobody waits for
     * it any more.
     */
    void breakOff() {
        CompletableFuture<@Nullable Void> done;
        synchronized (lock) {
            broken = true;
            piece = new byte[0];
            pipe = OutputStream.nullOutputStream();
            done = idle;
            lock.notifyAll();
        }
        done.complete(null);
    }

    private void close() {
        try {
            pipe.close();
        } catch (IOException broken) {
            // Nothing was left to be written, and nobody reads.
        }
    }
}
