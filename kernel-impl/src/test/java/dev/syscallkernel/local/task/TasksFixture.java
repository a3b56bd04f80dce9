package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.SyscallTable;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Tasks of a kernel that is nothing else, and work that does what a test wants. */
abstract class TasksFixture {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    static final int THREADS = 4;
    static final TaskQuery LIVE =
            TaskQuery.ALL.in(TaskState.PENDING, TaskState.RUNNING).withPageSize(1);

    @TempDir
    Path scratch;

    final AtomicLong hours = new AtomicLong(); // by which the clock of the tasks is ahead
    final ExecutorService workers = Executors.newFixedThreadPool(THREADS);
    final ThreadPoolExecutor callbacks =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>());
    final EventBus events = new EventBus(callbacks);
    final Timers timers = new Timers(Executors.defaultThreadFactory(), workers);
    final ProcessTable processes = new ProcessTable(
            100, ResourceLimits.DEFAULT.withMaxTasks(1_000_000), Duration.ofSeconds(5), Clock.systemUTC(), events);
    final Tasks tasks = tasks(1_000_000, 64 << 20);
    final LogicalProcess process = process();

    Tasks tasks(int maxTasks, long maxBytes) {
        return tasks(maxTasks, maxBytes, 64 << 20);
    }

    Tasks tasks(int maxTasks, long maxBytes, long retainedBytes) {
        return new Tasks(
                new TaskSettings(
                        THREADS, Duration.ofSeconds(1), maxTasks, maxBytes, Duration.ofHours(1), retainedBytes),
                processes,
                new SyscallDispatcher(
                        new SyscallTable.Builder().build(),
                        List.of(),
                        events,
                        timers,
                        callbacks,
                        Clock.systemUTC(),
                        System::nanoTime),
                timers,
                workers,
                callbacks,
                callbacks,
                Clock.systemUTC(),
                () -> System.nanoTime() + TimeUnit.HOURS.toNanos(hours.get()),
                new Random(1));
    }

    LogicalProcess process() {
        return processes.create(
                ProcessSpec.named("p").build(), () -> FileTree.open(List.of(), scratch, Transactions.withoutJournal()));
    }

    @AfterEach
    void close() throws InterruptedException {
        tasks.cancelAll(Duration.ZERO);
        processes.close();
        awaitNoTask();
        events.close();
        timers.close();
        workers.shutdownNow();
        callbacks.shutdownNow();
        assertThat(workers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(callbacks.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    /** What a task of a test does. */
    @FunctionalInterface
    interface Action {
        CompletableFuture<String> start(CallControl control);
    }

    record TestWork(String request, long size, Action action) implements Work<String> {
        @Override
        public String name() {
            return "test";
        }

        @Override
        public String subject() {
            return request;
        }

        @Override
        public void start(CallControl control, Answer<String> answer) {
            var unused = action.start(control).whenComplete(answer::complete);
        }
    }

    TaskHandle<String> submit(Action action) {
        return tasks.submit(process, new TestWork("", 1, action), TaskOptions.DEFAULT);
    }

    TaskHandle<String> submitForever() {
        return submit(TasksFixture::forever);
    }

    /** Waits without a thread, until it is cancelled. */
    static CompletableFuture<String> forever(CallControl control) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        requireNonNull(control.cancellation())
                .onCancel(() -> answer.completeExceptionally(
                        new SyscallException(ErrorCode.CANCELLED, "test", "", "told to stop")));
        return answer;
    }

    static ErrorCode codeOf(ThrowingCallable action) {
        SyscallException failure = catchThrowableOfType(SyscallException.class, action);
        assertThat(failure).as("a failure").isNotNull();
        return failure.code();
    }

    void awaitNoTask() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!tasks.list(LIVE).tasks().isEmpty()) {
            assertThat(System.nanoTime()).as("tasks do not end").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    static void awaitEnd(TaskHandle<?> task) {
        try {
            task.await(PATIENCE);
        } catch (SyscallException failure) {
            assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
        }
    }

    static void awaitUntil(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it does not come").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
