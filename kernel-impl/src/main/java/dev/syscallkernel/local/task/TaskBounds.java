package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Counts live tasks and the bytes of their arguments, and refuses what is too many. Thread-safe. */
final class TaskBounds {
    /** The part of the kernel's bytes that one process can have. */
    private static final int PROCESS_PART = 4;

    private final int maxTasks;
    private final long maxBytes;
    private final AtomicInteger tasks = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    TaskBounds(int maxTasks, long maxBytes) {
        this.maxTasks = maxTasks;
        this.maxBytes = maxBytes;
    }

    /** @throws SyscallException RESOURCE_EXHAUSTED if there is no room for the work */
    void take(ProcessQueue queue, Work<?> work) {
        if (tasks.incrementAndGet() > maxTasks) {
            tasks.decrementAndGet();
            throw full(work, "the kernel has " + maxTasks + " of " + maxTasks + " tasks (maxTasks of the kernel)");
        }
        long size = work.size();
        if (bytes.addAndGet(size) > maxBytes) {
            release(size);
            throw full(work, "the arguments of the kernel's tasks have " + maxBytes + " bytes (maxTaskBytes)");
        }
        if (queue.bytes().addAndGet(size) > maxBytes / PROCESS_PART) {
            release(queue, size);
            throw full(
                    work,
                    "the arguments of the process's tasks have " + maxBytes / PROCESS_PART
                            + " bytes (a quarter of maxTaskBytes)");
        }
    }

    /** Gives back what was taken for a task that has ended. */
    void release(ProcessQueue queue, long size) {
        queue.bytes().addAndGet(-size);
        release(size);
    }

    private void release(long size) {
        bytes.addAndGet(-size);
        tasks.decrementAndGet();
    }

    private static SyscallException full(Work<?> work, String reason) {
        return new SyscallException(
                ErrorCode.RESOURCE_EXHAUSTED,
                work.name(),
                work.subject(),
                reason + "; wait for some to end or cancel them, or raise the limit");
    }
}
