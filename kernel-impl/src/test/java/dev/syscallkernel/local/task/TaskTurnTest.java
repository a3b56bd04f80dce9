package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which tasks get their turn, and which are refused, too late, or ended with their process or kernel. */
@Timeout(120)
class TaskTurnTest extends TasksFixture {
    @Test
    void theTasksOfAnotherProcessComeThroughAFlood() {
        LogicalProcess other = process();
        int flood = 10_000;
        AtomicInteger flooded = new AtomicInteger();
        for (int i = 0; i < flood; i++) {
            submit(control -> {
                long end = System.nanoTime() + 200_000;
                while (System.nanoTime() < end
                        && requireNonNull(control.cancellation()).reason() == null) {
                    Thread.onSpinWait();
                }
                flooded.incrementAndGet();
                return CompletableFuture.completedFuture("");
            });
        }
        for (int i = 0; i < 50; i++) {
            TestWork work = new TestWork("", 1, control -> CompletableFuture.completedFuture("through"));
            int before = flooded.get();
            TaskHandle<String> task = tasks.submit(other, work, TaskOptions.DEFAULT.withPriority(Priority.BACKGROUND));
            assertThat(task.await(PATIENCE)).isEqualTo("through");
            // Counted in tasks, not in time, which the machine may take for something else.
            assertThat(flooded.get() - before).isLessThan(flood / 20);
        }
        assertThat(flooded.get()).isLessThan(flood / 2);
    }

    @Test
    void aTaskThatWaitedEndsAlthoughAllThreadsAreBusy() throws Exception {
        CompletableFuture<CallControl> waiting = new CompletableFuture<>();
        CompletableFuture<String> answer = new CompletableFuture<>();
        TaskHandle<String> waits = submit(control -> {
            waiting.complete(control);
            return answer;
        });
        Executor answers = requireNonNull(waiting.get(30, TimeUnit.SECONDS).answers());
        CountDownLatch proceed = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(THREADS);
        List<TaskHandle<String>> blocking = new ArrayList<>();
        for (LogicalProcess owner : List.of(process(), process())) {
            for (int i = 0; i < THREADS; i++) {
                TestWork work = new TestWork("", 1, control -> {
                    busy.countDown();
                    awaitUninterruptibly(proceed);
                    return CompletableFuture.completedFuture("");
                });
                blocking.add(tasks.submit(owner, work, TaskOptions.DEFAULT));
            }
        }
        assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
        answers.execute(() -> answer.complete("done"));
        assertThat(waits.await(PATIENCE)).isEqualTo("done");
        proceed.countDown();
        blocking.forEach(task -> task.await(PATIENCE));
    }

    @Test
    void theEndOfAProcessEndsWhatWaitsForItsTurnAndWhatRuns() {
        LogicalProcess own = process();
        List<TaskHandle<String>> all = new ArrayList<>();
        TestWork sleeping = new TestWork("", 1, TasksFixture::forever);
        for (int i = 0; i < 100; i++) {
            TaskHandle<String> task = tasks.submit(own, sleeping, TaskOptions.DEFAULT);
            all.add(task);
            awaitUntil(() -> task.status().state() == TaskState.RUNNING);
        }
        TestWork working = new TestWork("", 1, control -> {
            while (requireNonNull(control.cancellation()).reason() == null) {
                Thread.onSpinWait();
            }
            return CompletableFuture.failedFuture(
                    new SyscallException(ErrorCode.CANCELLED, "test", "", "told to stop"));
        });
        AtomicInteger late = new AtomicInteger();
        for (int i = 0; i < 100; i++) {
            all.add(tasks.submit(
                    own,
                    i < THREADS - 1
                            ? working
                            : new TestWork("", 1, control -> {
                                late.incrementAndGet();
                                return CompletableFuture.completedFuture("");
                            }),
                    TaskOptions.DEFAULT));
        }
        awaitUntil(() -> all.get(100 + THREADS - 2).status().state() == TaskState.RUNNING);
        processes.end(own.pid());
        for (TaskHandle<String> task : all) {
            assertThat(codeOf(() -> task.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED);
        }
        assertThat(late).hasValue(0);
        assertThat(own.resources().count(Resources.Kind.WAITING_CALL)).isZero();
    }

    @Test
    void theKernelHasRoomForSoManyTasksAndBytes() {
        Tasks small = tasks(2, 4000);
        TestWork waits = new TestWork("", 1, TasksFixture::forever);
        TaskHandle<String> first = small.submit(process, waits, TaskOptions.DEFAULT);
        small.submit(process, waits, TaskOptions.DEFAULT);
        SyscallException full =
                catchThrowableOfType(SyscallException.class, () -> small.submit(process, waits, TaskOptions.DEFAULT));
        assertThat(full.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(full.reason()).contains("maxTasks of the kernel");
        first.cancel();
        assertThat(codeOf(() -> first.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED); // its place is free after that
        TestWork large = new TestWork("", 1001, TasksFixture::forever);
        assertThat(codeOf(() -> small.submit(process, large, TaskOptions.DEFAULT)))
                .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        TestWork fits = new TestWork("", 999, TasksFixture::forever);
        TaskHandle<String> task = small.submit(process, fits, TaskOptions.DEFAULT);
        task.cancel();
        assertThat(codeOf(() -> task.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED);
        small.submit(process, fits, TaskOptions.DEFAULT).cancel();
        small.cancelAll(Duration.ZERO);
        awaitNoTask();
    }

    @Test
    void aTaskWhoseTimeIsUpBeforeItBeginsNeverDoes() {
        CountDownLatch proceed = new CountDownLatch(1);
        List<TaskHandle<String>> blocking = new ArrayList<>();
        for (int i = 0; i < THREADS - 1; i++) { // as many as one process may have
            blocking.add(submit(control -> {
                awaitUninterruptibly(proceed);
                return CompletableFuture.completedFuture("");
            }));
        }
        AtomicInteger runs = new AtomicInteger();
        TestWork work = new TestWork("", 1, control -> {
            runs.incrementAndGet();
            return CompletableFuture.completedFuture("");
        });
        TaskHandle<String> late = tasks.submit(process, work, TaskOptions.DEFAULT.withTimeout(Duration.ofMillis(10)));
        assertThat(codeOf(() -> late.await(PATIENCE))).isEqualTo(ErrorCode.TIMED_OUT);
        assertThat(late.status().startedAt()).isNull();
        TaskHandle<String> cancelled = tasks.submit(process, work, TaskOptions.DEFAULT);
        assertThat(cancelled.cancel()).isTrue();
        assertThat(cancelled.status().state()).isEqualTo(TaskState.CANCELLED);
        proceed.countDown();
        blocking.forEach(task -> task.await(PATIENCE));
        assertThat(runs).hasValue(0);
    }

    @Test
    void aPathThatNoFileCanHaveIsRefusedAtOnce() {
        for (Syscall<?> call : List.<Syscall<?>>of(
                new DeleteFile("/" + "x".repeat(1 << 20)), new MoveFile("/a", "/" + "x".repeat(1 << 20)))) {
            SyscallException refusal = catchThrowableOfType(
                    SyscallException.class, () -> tasks.submit(process.pid(), call, TaskOptions.DEFAULT));
            assertThat(refusal.code()).isEqualTo(ErrorCode.NAME_TOO_LONG);
            assertThat(refusal.getMessage()).hasSizeLessThan(1000);
        }
    }

    @Test
    void aFaultInTheWorkIsAnInternalErrorOfItsTaskAlone() {
        TaskHandle<String> broken = submit(control -> {
            throw new AssertionError("a fault");
        });
        assertThat(codeOf(() -> broken.await(PATIENCE))).isEqualTo(ErrorCode.INTERNAL);
        assertThat(submit(control -> CompletableFuture.completedFuture("fine")).await(PATIENCE))
                .isEqualTo("fine");
    }

    @Test
    void closingLetsTasksEndWithinTheGraceAndCancelsTheRest() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        TaskHandle<String> quick = submit(control -> answer);
        TaskHandle<String> slow = submitForever();
        CompletableFuture<Void> closing =
                CompletableFuture.runAsync(() -> tasks.cancelAll(Duration.ofMillis(500)), callbacks);
        while (codeOrNull() != ErrorCode.UNAVAILABLE) {
            Thread.onSpinWait();
        }
        answer.complete("in time");
        assertThat(quick.await(PATIENCE)).isEqualTo("in time");
        closing.get(30, TimeUnit.SECONDS);
        assertThat(codeOf(() -> slow.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED);
    }

    @Test
    void aDrainedKernelClosesBeforeTheGraceIsOver() {
        TaskHandle<String> task = submit(control -> CompletableFuture.completedFuture("done"));
        task.await(PATIENCE);
        long begin = System.nanoTime();
        tasks.cancelAll(Duration.ofMinutes(10));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMinutes(1));
    }

    private @Nullable ErrorCode codeOrNull() {
        try {
            submit(control -> CompletableFuture.completedFuture("")).cancel();
            return null;
        } catch (SyscallException failure) {
            return failure.code();
        }
    }
}
