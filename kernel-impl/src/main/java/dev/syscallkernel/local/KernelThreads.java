package dev.syscallkernel.local;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of one kernel, all daemons, all gone some seconds after their last work. */
final class KernelThreads implements AutoCloseable {
    private static final long IDLE_SECONDS = 10;

    private final ThreadPoolExecutor workers;
    private final ThreadPoolExecutor subscribers;

    KernelThreads() {
        int processors = Math.max(2, Runtime.getRuntime().availableProcessors());
        // The queue is bounded by what fills it: calls that wait, which each process has only so many of.
        workers = new ThreadPoolExecutor(
                processors, processors, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("worker"));
        workers.allowCoreThreadTimeOut(true);
        // At most one thread for each subscriber, so that one that blocks holds up nobody else.
        subscribers = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), named("events"));
    }

    /** Completes calls that waited. */
    Executor workers() {
        return workers;
    }

    /** Calls event subscribers. */
    Executor subscribers() {
        return subscribers;
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
        // Not the subscribers' threads: a slow subscriber has still to hear what waits for him, and then of the end.
    }
}
