package dev.syscallkernel.bench.soak;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Tasks that complete and tasks that are cancelled; batches that succeed and batches that are rolled back. */
final class TaskActivities {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private TaskActivities() {}

    static void tasks(Guest guest) throws Exception {
        KernelProcess process = guest.process();
        process.execute(new WriteFile("/w/task", guest.bytes(100_000)));
        Priority[] priorities = Priority.values();
        TaskHandle<?> copy = process.submit(
                new CopyFile("/w/task", "/w/copy"), priorities[guest.random().nextInt(priorities.length)]);
        TaskHandle<?> sleep = process.submit(new Sleep(Duration.ofHours(1)), TaskOptions.DEFAULT);
        Guest.require(sleep.cancel(), "the sleep had ended");
        copy.await(PATIENCE);
        awaitEnd(sleep);
        process.execute(new DeleteFile("/w/task"));
        process.execute(new DeleteFile("/w/copy"));
    }

    private static void awaitEnd(TaskHandle<?> task) throws Exception {
        CompletableFuture<?> end = task.completion().toCompletableFuture();
        try {
            end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            throw new AssertionError("it was not cancelled");
        } catch (ExecutionException | CancellationException expected) {
            Guest.require(task.status().state().isEnded(), "it has not ended");
        }
    }

    static void batches(Guest guest) {
        KernelProcess process = guest.process();
        BatchResult parallel = process.batch()
                .add(new WriteFile("/w/p1", guest.bytes(1000)))
                .add(new WriteFile("/w/p2", guest.bytes(1000)))
                .add(new DeleteFile("/w/missing"))
                .parallel()
                .execute();
        Guest.require(parallel.successCount() == 2 && parallel.failureCount() == 1, "parallel: " + parallel);
        BatchResult atomic = process.batch()
                .add(new MoveFile("/w/p1", "/w/a"))
                .add(new WriteFile("/w/a", guest.bytes(1000)))
                .add(new DeleteFile("/w/p2"))
                .atomic()
                .execute();
        Guest.require(atomic.successCount() == 3, "atomic: " + atomic);
        BatchResult rolledBack = process.batch()
                .add(new DeleteFile("/w/a"))
                .add(new DeleteFile("/w/missing"))
                .atomic()
                .execute();
        Guest.require(rolledBack.rolledBack() && process.execute(new FileExists("/w/a")), "not rolled back");
        process.execute(new DeleteFile("/w/a"));
    }

    /** What is decided is on the device; the journal must not grow by it. */
    static void durableBatch(Guest guest) {
        KernelProcess process = guest.process();
        BatchResult written = process.batch()
                .add(new WriteFile("/w/durable", guest.bytes(1000)))
                .add(new CopyFile("/w/durable", "/w/second"))
                .durable()
                .execute();
        Guest.require(written.successCount() == 2, "durable: " + written);
        BatchResult removed = process.batch()
                .add(new DeleteFile("/w/durable"))
                .add(new DeleteFile("/w/second"))
                .durable()
                .execute();
        Guest.require(removed.successCount() == 2, "durable: " + removed);
    }
}
