package dev.syscallkernel.task;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a kernel: syscalls that go on by themselves, whoever waits for them, and need no thread while they wait.
 *
 * <pre>{@code
 * TaskHandle<Void> copy = kernel.tasks().submit(pid, new CopyFile("/w/big", "/w/copy"), TaskOptions.DEFAULT);
 * copy.onProgress(status -> System.out.println(status.progress()));
 * copy.await(Duration.ofMinutes(5));
 * }</pre>
 *
 * <p>Processes share the kernel's threads by what their tasks cost, weighted by their own priorities; within a process,
 * {@link Priority} decides. Thread-safe.
 */
public interface AsyncTaskManager {

    /**
     * Submits a syscall, and answers at once. It is checked when it begins: one that its sandbox forbids is accepted, and
     * fails.
     *
     * @throws SyscallException NO_SUCH_PROCESS if there is no such process; INVALID_ARGUMENT for a call that opens a
     *     stream, which belongs to whoever opens it; RESOURCE_EXHAUSTED if the process or the kernel has as many tasks, or
     *     as many bytes waiting in them, as it may; CONFLICT if the request id stands for another syscall; UNAVAILABLE if
     *     the kernel is closing
     */
    <R extends @Nullable Object> TaskHandle<R> submit(Pid pid, Syscall<R> call, TaskOptions options);

    /**
     * Finds a task, so that another client can go on with it.
     *
     * @throws SyscallException NOT_FOUND if there never was such a task, or it ended so long ago that it is forgotten
     */
    TaskHandle<?> find(TaskId id);

    /**
     * The tasks that live or are remembered, in the order of their submission, page by page: the operator's view, which no
     * sandbox restricts. A task that is there all the while is in exactly one page.
     *
     * @throws SyscallException INVALID_ARGUMENT for a page token that no page had
     */
    TaskPage list(TaskQuery query);
}
