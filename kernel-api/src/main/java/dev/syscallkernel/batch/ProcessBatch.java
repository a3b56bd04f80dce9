package dev.syscallkernel.batch;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A batch of one process, from its description to its execution.
 *
 * <pre>{@code
 * BatchResult result = indexer.batch()
 *         .add(new WriteFile("/workspace/a.txt", a))
 *         .add(new MoveFile("/workspace/old.txt", "/workspace/new.txt"))
 *         .atomic()
 *         .execute();
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class ProcessBatch {
    private final Pid pid;
    private final BatchExecutor executor;
    private final Batch.Builder batch = Batch.builder();

    /** An empty batch of a process. */
    public ProcessBatch(Pid pid, BatchExecutor executor) {
        this.pid = requireNonNull(pid, "pid");
        this.executor = requireNonNull(executor, "executor");
    }

    /** Adds a syscall. */
    public ProcessBatch add(Syscall<?> call) {
        batch.add(pid, call);
        return this;
    }

    /** Executes several syscalls at a time: as many as the kernel sees fit. */
    public ProcessBatch parallel() {
        batch.parallel();
        return this;
    }

    /** Executes up to so many syscalls at a time. */
    public ProcessBatch parallel(int atATime) {
        batch.parallel(atATime);
        return this;
    }

    /** All or nothing: {@link Batch.Mode#ATOMIC}. */
    public ProcessBatch atomic() {
        batch.atomic();
        return this;
    }

    /** All or nothing, also after a power failure: {@link Batch.Mode#DURABLE}. */
    public ProcessBatch durable() {
        batch.durable();
        return this;
    }

    /** Starts nothing more once a syscall has failed. */
    public ProcessBatch stopOnFailure() {
        batch.stopOnFailure();
        return this;
    }

    /** Sets how long the whole batch may take. */
    public ProcessBatch timeout(Duration duration) {
        batch.timeout(duration);
        return this;
    }

    /** Makes sure that the batch is executed only once: see {@link Batch.Builder#requestId}. */
    public ProcessBatch requestId(String id) {
        batch.requestId(id);
        return this;
    }

    /** What was collected so far. */
    public Batch build() {
        return batch.build();
    }

    /** Executes it: see {@link BatchExecutor#execute}. */
    public BatchResult execute() {
        return executor.execute(build());
    }

    /** Submits it as a task: see {@link BatchExecutor#submit}. */
    public TaskHandle<BatchResult> submit(TaskOptions options) {
        return executor.submit(build(), options);
    }

    /** Starts it: see {@link BatchExecutor#executeAsync}. */
    public CompletableFuture<BatchResult> executeAsync() {
        return executor.executeAsync(build());
    }
}
