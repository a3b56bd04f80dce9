package dev.syscallkernel.batch;

import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.util.concurrent.CompletableFuture;

/**
 * Executes many syscalls in one call. Each passes the same checks as one that is executed alone, and the failure of one
 * never hides the result of another: it is found in the {@link BatchResult}. Thread-safe.
 */
public interface BatchExecutor {

    /**
     * Executes a batch and waits for its end. In-process, a sequential batch without a request id runs on the
     * calling thread.
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
     * was already committed. One with a request id goes on: whoever sends it again will want its result.
     */
    CompletableFuture<BatchResult> executeAsync(Batch batch);

    /**
     * Submits a batch as a task of the process that its first syscall belongs to, and answers at once. The status of the
     * task calls it {@code execute_batch}, and counts its syscalls instead of bytes. Cancelling the task undoes an atomic
     * batch and stops any other; unless it had been executed to its end by then, the task is CANCELLED, and fails where
     * the time of the task is up. The batch's own time limit counts from when it begins.
     *
     * <p>The request id of the options, or else of the batch, makes submitting safe to repeat: sent again under it, the
     * same batch brings the same task.
     *
     * @throws dev.syscallkernel.SyscallException as {@link #execute} does for a batch that as a whole cannot be executed,
     *     also INVALID_ARGUMENT for an empty one, which belongs to no process; and as
     *     {@link dev.syscallkernel.task.AsyncTaskManager#submit} does
     */
    TaskHandle<BatchResult> submit(Batch batch, TaskOptions options);
}
