package dev.syscallkernel.local;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of one kernel, all daemons, all gone some seconds after their last work.
 *
 * <p>What the kernel has to do when a timer fires runs on a few workers. What belongs to others and may block, such as
 * the continuations of a caller or a subscriber's methods, never does: it gets a thread of its own for as long as it
 * runs, so that nobody can hold up anybody else.
 */
final class KernelThreads implements AutoCloseable {
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor workers;
    private final int taskThreads;
    private final ThreadPoolExecutor tasks;
    private final ThreadPoolExecutor batches;
    private final ThreadPoolExecutor atomics;
    private final ThreadPoolExecutor callbacks;

    KernelThreads() {
        int processors = Math.max(2, Runtime.getRuntime().availableProcessors());
        // The queue is bounded by what fills it: calls that wait, which each process has only so many of.
        workers = pool(processors, "worker");
        taskThreads = Math.max(4, processors);
        tasks = pool(taskThreads, "task"); // whose queue is short: tasks wait for their turn elsewhere
        // Bounded by what fills it: a lane for each of the batches under way, which their callers wait for.
        batches = pool(2 * processors, "batch");
        // Bounded like that; they wait for each other, and none may have to wait for a thread meanwhile.
        atomics = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), named("atomic"));
        callbacks = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), named("callback"));
    }

    private ThreadPoolExecutor pool(int threads, String role) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                named(role),
                (work, closed) -> callbacks().execute(work)); // a task that ends late must still be able to end
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** Does what is due, which never blocks. */
    Executor workers() {
        return workers;
    }

    /** Does what tasks have to do, which may block. */
    Executor tasks() {
        return tasks;
    }

    /** How many threads there are for tasks. */
    int taskThreads() {
        return taskThreads;
    }

    /** Does the work of parallel batches, which may block for as long as files take. */
    Executor batches() {
        return batches;
    }

    /** Does the work of atomic batches. */
    Executor atomics() {
        return atomics;
    }

    /** Calls what belongs to others. Takes work even after the kernel has closed: its threads end by themselves. */
    Executor callbacks() {
        return callbacks;
    }

    /** The same, for threads that have no time to start one for it, such as that of the timers. */
    Executor callbacksLater() {
        return work -> workers.execute(() -> callbacks.execute(work));
    }

    static ThreadFactory named(String role) {
        AtomicInteger number = new AtomicInteger();
        return work -> {
            Thread thread = new Thread(work, "syscallkernel-" + role + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    @Override
    public void close() {
        workers.shutdown();
        tasks.shutdown();
        batches.shutdown();
        atomics.shutdown();
    }
}
