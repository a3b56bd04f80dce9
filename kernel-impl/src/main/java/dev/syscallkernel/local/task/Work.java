package dev.syscallkernel.local.task;

import dev.syscallkernel.local.call.CallControl;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a task does. */
public interface Work<R extends @Nullable Object> {

    /** What errors and statuses call it, such as {@code copy_file}. */
    String name();

    /** What it acts on, for messages. */
    String subject();

    /** What was asked for; equal for equal requests. */
    Object request();

    /** How many bytes the request keeps in memory. */
    long size();

    /**
     * Starts, on a thread of the tasks, which may be kept busy but not waiting: what waits goes on without it.
     *
     * @return completed by the kernel alone, on any of its threads that may be busy
     */
    CompletableFuture<R> start(CallControl control);
}
