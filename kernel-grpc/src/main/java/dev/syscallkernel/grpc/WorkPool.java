package dev.syscallkernel.grpc;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that do the kernel's work for a server: blocking work never runs where the network is served. There are
 * twice as many as processors, and at least four.
 *
 * <p>Work is bounded where it comes in: at most {@value #MAX_TASKS} requests, and a quarter of the heap in bytes, can
 * wait or be worked on; further ones are refused. Streams that were admitted go on at any time: each waits for a thread
 * at most once. Thread-safe.
 */
final class WorkPool implements AutoCloseable {
    static final int MAX_TASKS = 1024;

    private final long maxBytes = Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 4);
    private final Object lock = new Object();
    private int tasks; // guarded by lock
    private long bytes; // guarded by lock
    private final ThreadPoolExecutor threads;

    WorkPool() {
        int size = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
        threads = new ThreadPoolExecutor(
                size,
                size,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Daemons.named("kernel-server-work"),
                new ThreadPoolExecutor.DiscardPolicy()); // it refuses only when closed, and no call is left then
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Runs work for a new request, if there is room for it.
     *
     * @param size bytes that the request keeps in memory meanwhile
     * @return false if the server is overloaded: the work will not run
     */
    boolean tryRun(int size, Runnable work) {
        synchronized (lock) {
            if (tasks >= MAX_TASKS || bytes + size > maxBytes) {
                return false;
            }
            tasks++;
            bytes += size;
        }
        threads.execute(() -> {
            try {
                work.run();
            } finally {
                synchronized (lock) {
                    tasks--;
                    bytes -= size;
                }
            }
        });
        return true;
    }

    /** Goes on with a stream that was admitted. */
    void resume(Runnable work) {
        threads.execute(work);
    }

    /** Lets running work end, for a while; then interrupts it. */
    @Override
    public void close() {
        Daemons.close(threads, Duration.ofSeconds(2));
    }
}
