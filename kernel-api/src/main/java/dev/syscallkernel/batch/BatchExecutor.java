package dev.syscallkernel.batch;

import java.util.concurrent.CompletableFuture;

/**
 * Executes many syscalls in one call. Each passes the same checks as one that is executed alone, and the failure of one
 * never hides the result of another: it is found in the {@link BatchResult}. Thread-safe.
 */
public interface BatchExecutor {

    /**
     * Executes a batch and waits for its end. In-process, sequential and atomic batches run on the calling thread.
     *
     * @throws dev.syscallkernel.SyscallException if the batch as a whole cannot be executed, and then nothing of it was:
     *     INVALID_ARGUMENT for one with over {@value Batch#MAX_OPERATIONS} syscalls, with one that cannot be part of it,
     *     or too large for the way to the kernel; NO_SUCH_PROCESS; RESOURCE_EXHAUSTED; for atomic ones CONFLICT if
     *     somebody else kept working on the files, UNSUPPORTED without what they need, and whatever the host reports.
     *     Only IN_DOUBT means that an operator has to look: the host failed in the middle, and the files concerned are
     *     out of use. CANCELLED if the calling thread is interrupted while it waits for calls to end, which are then
     *     cancelled
     */
    BatchResult execute(Batch batch);

    /**
     * Starts a batch on other threads.
     *
     * <p>The future fails with {@link dev.syscallkernel.SyscallException} where {@link #execute} does. Cancelling it
     * cancels the batch: what runs is cancelled, nothing more is started, and an atomic batch has no effect unless it
     * was already committed.
     */
    CompletableFuture<BatchResult> executeAsync(Batch batch);
}
