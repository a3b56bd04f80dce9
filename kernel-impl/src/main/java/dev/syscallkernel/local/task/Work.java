package dev.syscallkernel.local.task;

import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
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
     * @param answer hears how it ended, once, on any thread of the kernel that may be busy
     */
    void start(CallControl control, Answer<R> answer);
}
