package dev.syscallkernel;

import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSyscall;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import dev.syscallkernel.task.AsyncTaskManager;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A handle to a logical process. Handles with the same pid are interchangeable; losing one ends nothing.
 *
 * <p>Thread-safe: a process may execute any number of syscalls at a time. Every method throws
 * {@link SyscallException} with {@link ErrorCode#NO_SUCH_PROCESS} once the process has ended.
 */
public interface KernelProcess {

    Pid pid();

    /** Its state at this moment. */
    ProcessInfo info();

    /**
     * Executes a syscall and waits for its answer.
     *
     * @throws SyscallException if the syscall fails; CANCELLED if the calling thread is interrupted while it waits
     *     (its interrupt status stays set) or the process ends meanwhile
     */
    <R extends @Nullable Object> R execute(Syscall<R> call);

    /**
     * Executes a syscall and waits for its answer, but no longer than the given time.
     *
     * @throws SyscallException as {@link #execute(Syscall)}, and TIMED_OUT when the time is up: the call is then
     *     cancelled
     */
    <R extends @Nullable Object> R execute(Syscall<R> call, Duration timeout);

    /**
     * Starts a syscall without waiting for what it waits for: a sleeping call holds no thread. In-process, a call that
     * need not wait (a file operation) is done on the calling thread before this returns.
     *
     * <p>The future fails with {@link SyscallException}. Cancelling it cancels the call.
     *
     * @param timeout after which the call is cancelled and the future fails with TIMED_OUT
     */
    <R extends @Nullable Object> CompletableFuture<R> executeAsync(Syscall<R> call, Duration timeout);

    /** Submits a syscall as a task of this priority; see {@link #submit(Syscall, TaskOptions)}. */
    default <R extends @Nullable Object> TaskHandle<R> submit(Syscall<R> call, Priority priority) {
        return submit(call, TaskOptions.DEFAULT.withPriority(priority));
    }

    /** Submits a syscall as a task, and answers at once; see {@link AsyncTaskManager#submit}. */
    <R extends @Nullable Object> TaskHandle<R> submit(Syscall<R> call, TaskOptions options);

    /** Starts the description of a batch of syscalls of this process. */
    ProcessBatch batch();

    /** Opens a file for streaming in chunks of 64 KiB, from its beginning to its end. */
    default StreamingReader read(String path) {
        return read(path, ReadOptions.DEFAULT);
    }

    /**
     * Opens a file for streaming.
     *
     * @return a reader that the caller must close; it is also closed when the process ends
     */
    default StreamingReader read(String path, ReadOptions options) {
        return execute(new StreamSyscall.OpenReader(path, options));
    }

    /** Opens a file for writing in chunks; a commit replaces or creates it. */
    default StreamingWriter write(String path) {
        return write(path, WriteOptions.DEFAULT);
    }

    /**
     * Opens a file for writing in chunks.
     *
     * @return a writer that the caller must close; it is also closed, without a commit, when the process ends
     */
    default StreamingWriter write(String path, WriteOptions options) {
        return execute(new StreamSyscall.OpenWriter(path, options));
    }

    /** Starts a program as a child of this process. */
    default SpawnedProcess spawn(Command command) {
        return execute(new ProcessSyscall.SpawnProcess(command));
    }

    /** Opens what a child writes, from its beginning on. The caller closes the reader. */
    default StreamingReader output(Pid child, ProgramOutput output) {
        return execute(new StreamSyscall.OpenProcessOutput(child, output, ReadOptions.DEFAULT));
    }

    /** Opens the standard input of a child; a commit ends it. The caller closes the writer. */
    default StreamingWriter input(Pid child) {
        return execute(new StreamSyscall.OpenProcessInput(child));
    }

    /** Waits until a child has ended, as long as that takes. */
    default ExitStatus await(Pid child) {
        return execute(new ProcessSyscall.WaitProcess(child));
    }

    /**
     * Replaces the sandbox: capabilities, path rules and limits, all together. Calls already running finish under the
     * rules they started with.
     *
     * @throws SyscallException PERMISSION_DENIED for a capability beyond the level of the process
     */
    void updateSandbox(Sandbox sandbox);

    /**
     * Ends the process: cancels what it waits for, ends its children, closes its streams, removes its scratch
     * directories. Ending it twice has no effect.
     *
     * @return whether this call ended it
     */
    boolean terminate();
}
