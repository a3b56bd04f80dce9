package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One output of a program: its pipe, and the last MiB of what was read from it.
 *
 * <p>The pipe is only read when somebody wants bytes that have not been read, so a program that nobody reads from stops
 * when its pipe is full; there is no thread for it meanwhile. Who wants bytes that are there in the pipe fetches them
 * himself. For bytes that are still to be written a thread waits in his place, because nothing else could end that
 * waiting; it is one for each output at most, and what it fetches is kept, whoever has left.
 *
 * <p>Thread-safe.
 */
final class OutputBuffer {
    /** How many of the bytes that were read can be read again, at least. */
    static final int WINDOW = 1 << 20;

    private static final int PIECE = 64 << 10;
    private static final int CAPACITY = WINDOW + PIECE;

    private volatile InputStream pipe; // replaced when it has ended: it has a buffer
    private final Executor threads;
    private final Object lock = new Object();
    private byte[] ring = new byte[0]; // replaced under lock, and only while nobody fills it
    private long begin; // guarded by lock; the offset of the first byte that is kept
    private long end; // guarded by lock; the offset of the first byte that was not read
    private boolean filling; // guarded by lock; somebody reads the pipe
    private boolean ended; // guarded by lock; there is nothing more to come
    private List<CompletableFuture<@Nullable Void>> waiting = List.of(); // guarded by lock

    OutputBuffer(InputStream pipe, Executor threads) {
        this.pipe = pipe;
        this.threads = threads;
    }

    /** Fails if the byte at this offset is no longer kept. */
    void requireKept(SyscallContext context, long offset) {
        synchronized (lock) {
            if (offset < begin) {
                throw context.failure(
                        ErrorCode.DATA_LOSS,
                        "the first " + begin + " bytes are no longer kept; what follows can still be read");
            }
        }
    }

    /**
     * Copies bytes from this offset on, and waits while there are none.
     *
     * @param wanted asked after every {@link #wake}
     * @return how many; -1 at the end, and 0 if they are no longer wanted
     * @throws dev.syscallkernel.SyscallException DATA_LOSS if the byte at the offset is no longer kept
     */
    int read(SyscallContext context, long offset, ByteBuffer target, BooleanSupplier wanted)
            throws InterruptedException {
        while (true) {
            synchronized (lock) {
                if (!wanted.getAsBoolean()) {
                    return 0;
                }
                requireKept(context, offset);
                if (offset < end) {
                    return copy(offset, target);
                }
                if (ended) {
                    return -1;
                }
                if (filling) {
                    lock.wait();
                    continue;
                }
                reserve();
            }
            if (isThereMore()) {
                fill();
            } else {
                threads.execute(this::fill);
            }
        }
    }

    /** A future that is done when {@link #read} at this offset would not wait. */
    CompletableFuture<@Nullable Void> ready(long offset) {
        CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();
        boolean fill;
        synchronized (lock) {
            if (offset < end || ended) {
                return CompletableFuture.completedFuture(null);
            }
            waiting = waiting.isEmpty() ? new ArrayList<>(1) : waiting;
            waiting.add(ready);
            fill = !filling;
            if (fill) {
                reserve();
            }
        }
        if (fill) {
            threads.execute(this::fill);
        }
        return ready;
    }

    /** Reads on and on, whether anybody wants it or not, until the end. */
    void record() {
        while (true) {
            long offset;
            synchronized (lock) {
                if (ended) {
                    return;
                }
                offset = end;
            }
            CompletableFuture<@Nullable Void> more = ready(offset);
            if (!more.isDone()) {
                var unused = more.thenRun(this::record);
                return;
            }
        }
    }

    /** Nobody waits for this future any more. */
    void forget(CompletableFuture<@Nullable Void> ready) {
        synchronized (lock) {
            if (!waiting.isEmpty()) {
                waiting.removeIf(one -> one == ready);
            }
        }
    }

    /** Lets those who wait see whether they still want to. */
    void wake() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    /** Called with the lock held. */
    private int copy(long offset, ByteBuffer target) {
        int total = (int) Math.min(target.remaining(), end - offset);
        for (int copied = 0; copied < total; ) {
            int at = (int) ((offset + copied) % ring.length);
            int count = Math.min(total - copied, ring.length - at);
            target.put(ring, at, count);
            copied += count;
        }
        return total;
    }

    private boolean isThereMore() {
        try {
            return pipe.available() > 0;
        } catch (IOException closed) {
            return true; // which reading will tell at once
        }
    }

    /** Makes room for the next piece, at the expense of the oldest bytes. Called with the lock held. */
    private void reserve() {
        filling = true;
        int kept = (int) (end - begin);
        if (ring.length - kept < PIECE && ring.length < CAPACITY) {
            resize(Math.min(CAPACITY, Math.max(PIECE, 2 * ring.length)));
        }
        begin = Math.max(begin, end + PIECE - ring.length);
    }

    /** Moves what is kept to a ring of another size. Called with the lock held. */
    private void resize(int size) {
        byte[] other = new byte[size];
        for (long offset = begin; offset < end; offset++) {
            other[(int) (offset % size)] = ring[(int) (offset % ring.length)];
        }
        ring = other;
    }

    /** Reads one piece into the room that was made for it. */
    private void fill() {
        int at;
        int room;
        byte[] target;
        synchronized (lock) {
            if (ended) {
                return; // the stream was ended while this waited for a thread
            }
            target = ring;
            at = (int) (end % target.length);
            room = Math.min(PIECE, target.length - at);
        }
        int count;
        try {
            count = pipe.read(target, at, room);
        } catch (IOException closed) {
            count = -1;
        }
        List<CompletableFuture<@Nullable Void>> ready;
        synchronized (lock) {
            filling = false;
            if (count < 0) {
                ended = true;
            } else if (!ended) {
                end += count;
            }
            ready = waiting;
            waiting = List.of();
            lock.notifyAll();
        }
        ready.forEach(one -> one.complete(null));
    }

    /**
     * Keeps what is left in the pipe of a program that has ended, and ends the stream.
     *
     * @param patience how long to wait for the end of the pipe, which others than the program may hold
     * @return whether there may have been more
     */
    boolean finish(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        boolean incomplete;
        List<CompletableFuture<@Nullable Void>> ready;
        synchronized (lock) {
            long limit = end + WINDOW;
            try {
                for (long left = 1; !ended && end < limit && left > 0; left = deadline - System.nanoTime()) {
                    if (!filling) {
                        reserve();
                        threads.execute(this::fill);
                    }
                    lock.wait(Math.max(1, left / 1_000_000));
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            incomplete = !ended;
            ended = true;
            pipe = InputStream.nullInputStream();
            resize((int) (end - begin)); // whoever still fills the old one fills it in vain
            ready = waiting;
            waiting = List.of();
            lock.notifyAll();
        }
        ready.forEach(one -> one.complete(null));
        return incomplete;
    }

    /** How many bytes can be read again. */
    long kept() {
        synchronized (lock) {
            return ring.length;
        }
    }

    /** What was kept is no longer needed. Readers find the stream at its end. */
    void drop() {
        synchronized (lock) {
            begin = end;
            ended = true;
            ring = new byte[0];
            lock.notifyAll();
        }
    }
}
