package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.SyscallTable;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the contract cannot provoke from outside of the kernel: races, floods, and the passing of hours. */
@Timeout(120)
class TasksTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int THREADS = 4;
    private static final TaskQuery LIVE =
            TaskQuery.ALL.in(TaskState.PENDING, TaskState.RUNNING).withPageSize(1);

    @TempDir
    Path scratch;

    private final AtomicLong hours = new AtomicLong(); // by which the clock of the tasks is ahead
    private final ExecutorService workers = Executors.newFixedThreadPool(THREADS);
    private final ExecutorService callbacks = Executors.newCachedThreadPool();
    private final EventBus events = new EventBus(callbacks);
    private final Timers timers = new Timers(Executors.defaultThreadFactory(), workers);
    private final ProcessTable processes =
            new ProcessTable(100, ResourceLimits.DEFAULT.withMaxTasks(1_000_000), Clock.systemUTC(), events);
    private final Tasks tasks = tasks(1_000_000, 64 << 20);
    private final LogicalProcess process = process();

    private Tasks tasks(int maxTasks, long maxBytes) {
        return new Tasks(
                new TaskSettings(THREADS, Duration.ofSeconds(1), maxTasks, maxBytes, Duration.ofHours(1), 64 << 20),
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

    private LogicalProcess process() {
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
    private interface Action {
        CompletableFuture<String> start(CallControl control);
    }

    private record TestWork(String request, long size, Action action) implements Work<String> {
        @Override
        public String name() {
            return "test";
        }

        @Override
        public String subject() {
            return request;
        }

        @Override
        public CompletableFuture<String> start(CallControl control) {
            return action.start(control);
        }
    }

    private TaskHandle<String> submit(Action action) {
        return tasks.submit(process, new TestWork("", 1, action), TaskOptions.DEFAULT);
    }

    private TaskHandle<String> submitForever() {
        return submit(TasksTest::forever);
    }

    /** Waits without a thread, until it is cancelled. */
    private static CompletableFuture<String> forever(CallControl control) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        requireNonNull(control.cancellation())
                .onCancel(() -> answer.completeExceptionally(
                        new SyscallException(ErrorCode.CANCELLED, "test", "", "told to stop")));
        return answer;
    }

    private static ErrorCode codeOf(ThrowingCallable action) {
        SyscallException failure = catchThrowableOfType(SyscallException.class, action);
        assertThat(failure).as("a failure").isNotNull();
        return failure.code();
    }

    private void awaitNoTask() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!tasks.list(LIVE).tasks().isEmpty()) {
            assertThat(System.nanoTime()).as("tasks do not end").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void aCancellationThatRacesWithStartAndEndLeadsToExactlyOneEnd() throws Exception {
        int rounds = 100_000;
        AtomicInteger afterEnd = new AtomicInteger();
        AtomicInteger started = new AtomicInteger();
        Queue<TaskHandle<String>> toCancel = new ConcurrentLinkedQueue<>();
        ExecutorService canceller = Executors.newSingleThreadExecutor();
        Future<Integer> cancelling = canceller.submit(() -> {
            int accepted = 0;
            for (int i = 0; i < rounds; ) {
                TaskHandle<String> task = toCancel.poll();
                if (task != null) {
                    accepted += task.cancel() ? 1 : 0;
                    i++;
                }
            }
            return accepted;
        });
        List<TaskHandle<String>> all = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            CompletableFuture<TaskHandle<String>> self = new CompletableFuture<>();
            TaskHandle<String> task = submit(control -> {
                started.incrementAndGet();
                if (self.join().status().state() != TaskState.RUNNING) {
                    afterEnd.incrementAndGet();
                }
                return requireNonNull(control.cancellation()).reason() == null
                        ? CompletableFuture.completedFuture("done")
                        : CompletableFuture.failedFuture(
                                new SyscallException(ErrorCode.CANCELLED, "test", "", "told to stop"));
            });
            self.complete(task);
            toCancel.add(task);
            all.add(task);
        }
        int accepted = cancelling.get(60, TimeUnit.SECONDS);
        canceller.shutdown();
        awaitNoTask();
        int completed = 0;
        int cancelled = 0;
        int cancelledPending = 0;
        for (TaskHandle<String> task : all) {
            TaskStatus status = task.status();
            switch (status.state()) {
                case COMPLETED -> completed++;
                case CANCELLED -> {
                    cancelled++;
                    cancelledPending += status.startedAt() == null ? 1 : 0;
                    assertThat(status.cancelRequested()).isTrue();
                }
                default -> throw new AssertionError(status);
            }
            assertThat(task.cancel()).isFalse();
            assertThat(task.status()).isEqualTo(status);
        }
        assertThat(completed + cancelled).isEqualTo(rounds);
        assertThat(cancelled).isLessThanOrEqualTo(accepted);
        assertThat(started).hasValue(rounds - cancelledPending);
        assertThat(afterEnd).hasValue(0);
        assertThat(process.resources().count(Resources.Kind.WAITING_CALL)).isZero();
        // Otherwise the race was none.
        assertThat(completed).isPositive();
        assertThat(cancelled).isPositive();
    }

    @Test
    void noTaskIsLostOrRunTwiceUnderManySubmitters() throws Exception {
        int submitters = 8;
        int each = 10_000;
        AtomicInteger[] runs = new AtomicInteger[submitters * each];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = new AtomicInteger();
        }
        ExecutorService threads = Executors.newFixedThreadPool(submitters);
        CyclicBarrier begin = new CyclicBarrier(submitters);
        List<Future<?>> done = new ArrayList<>();
        for (int s = 0; s < submitters; s++) {
            int first = s * each;
            LogicalProcess own = process();
            done.add(threads.submit(() -> {
                begin.await();
                Random random = new Random(first);
                List<Priority> priorities = List.of(Priority.values());
                List<TaskHandle<String>> mine = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                    AtomicInteger count = runs[first + i];
                    Priority priority = priorities.get(random.nextInt(priorities.size()));
                    TestWork work = new TestWork("", 1, control -> {
                        count.incrementAndGet();
                        return CompletableFuture.completedFuture("done");
                    });
                    mine.add(tasks.submit(own, work, TaskOptions.DEFAULT.withPriority(priority)));
                }
                mine.forEach(task -> assertThat(task.await(PATIENCE)).isEqualTo("done"));
                return null;
            }));
        }
        for (Future<?> submitter : done) {
            submitter.get(60, TimeUnit.SECONDS);
        }
        threads.shutdown();
        assertThat(runs).allSatisfy(count -> assertThat(count).hasValue(1));
    }

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
            TaskHandle<String> task = tasks.submit(other, work, TaskOptions.DEFAULT.withPriority(Priority.BACKGROUND));
            assertThat(task.await(PATIENCE)).isEqualTo("through");
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
    void aThousandWatchersHearTheEnd() throws Exception {
        TaskHandle<String> task = submitForever();
        CountDownLatch ended = new CountDownLatch(1000);
        for (int i = 0; i < 1000; i++) {
            task.onProgress(status -> {
                if (status.state() == TaskState.CANCELLED) {
                    ended.countDown();
                }
            });
        }
        task.cancel();
        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void progressIsToldAtMostTenTimesASecondAndTheLastOfItAlways() throws Exception {
        CompletableFuture<CallControl> started = new CompletableFuture<>();
        CompletableFuture<String> answer = new CompletableFuture<>();
        TaskHandle<String> task = submit(control -> {
            started.complete(control);
            return answer;
        });
        CallControl control = started.get(30, TimeUnit.SECONDS);
        Queue<TaskStatus> heard = new ConcurrentLinkedQueue<>();
        CountDownLatch last = new CountDownLatch(1);
        task.onProgress(status -> {
            heard.add(status);
            if (status.bytesDone() == 1_000_000) {
                last.countDown();
            }
        });
        long begin = System.nanoTime();
        for (int i = 1; i <= 1_000_000; i++) {
            control.progress().moved(i, 1_000_000);
        }
        assertThat(last.await(30, TimeUnit.SECONDS)).isTrue();
        long tenths = (System.nanoTime() - begin) / 100_000_000;
        assertThat(heard.size()).isLessThanOrEqualTo((int) tenths + 3);
        answer.complete("done");
        assertThat(task.await(PATIENCE)).isEqualTo("done");
    }

    @Test
    void aSubscriberThatAsksForNothingOrLessIsToldSo() throws Exception {
        CompletableFuture<Throwable> violation = new CompletableFuture<>();
        submitForever().watch().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(0);
            }

            @Override
            public void onNext(TaskStatus status) {}

            @Override
            public void onError(Throwable failure) {
                violation.complete(failure);
            }

            @Override
            public void onComplete() {}
        });
        assertThat(violation.get(30, TimeUnit.SECONDS)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anEndIsForgottenAfterAnHourAndItsRequestIdIsFreeAgain() {
        TaskOptions options = TaskOptions.DEFAULT.withRequestId("once");
        AtomicInteger runs = new AtomicInteger();
        TestWork work = new TestWork("r", 1, control -> {
            runs.incrementAndGet();
            return CompletableFuture.completedFuture("done");
        });
        TaskHandle<String> first = tasks.submit(process, work, options);
        TaskHandle<String> sleeping = submitForever();
        first.await(PATIENCE);
        assertThat(tasks.submit(process, work, options)).isSameAs(first);
        awaitEnded(first);
        hours.set(2);
        assertThat(codeOf(() -> tasks.find(first.id()))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(tasks.find(sleeping.id())).isSameAs(sleeping);
        TaskHandle<String> second = awaitNewTask(work, options, first);
        assertThat(second.await(PATIENCE)).isEqualTo("done");
        assertThat(runs).hasValue(2);
    }

    /** Until it is among those that are remembered, from when on the hour counts. */
    private void awaitEnded(TaskHandle<String> task) {
        assertThat(tasks.list(TaskQuery.ALL).tasks()).contains(task.status());
    }

    /** The clock has moved by hours, but what is due then is done by a timer. */
    private TaskHandle<String> awaitNewTask(TestWork work, TaskOptions options, TaskHandle<String> old) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            TaskHandle<String> task = tasks.submit(process, work, options);
            if (!task.id().equals(old.id())) {
                return task;
            }
            submit(control -> CompletableFuture.completedFuture("")).await(PATIENCE); // whose end cleans up
        }
        throw new AssertionError("the request id is not free again");
    }

    @Test
    void theKernelHasRoomForSoManyTasksAndBytes() {
        Tasks small = tasks(2, 4000);
        TestWork waits = new TestWork("", 1, TasksTest::forever);
        TaskHandle<String> first = small.submit(process, waits, TaskOptions.DEFAULT);
        small.submit(process, waits, TaskOptions.DEFAULT);
        SyscallException full =
                catchThrowableOfType(SyscallException.class, () -> small.submit(process, waits, TaskOptions.DEFAULT));
        assertThat(full.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(full.reason()).contains("maxTasks of the kernel");
        first.cancel();
        assertThat(codeOf(() -> first.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED); // its place is free after that
        TestWork large = new TestWork("", 1001, TasksTest::forever);
        assertThat(codeOf(() -> small.submit(process, large, TaskOptions.DEFAULT)))
                .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        TestWork fits = new TestWork("", 999, TasksTest::forever);
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

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
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

    private @Nullable ErrorCode codeOrNull() {
        try {
            submit(control -> CompletableFuture.completedFuture("")).cancel();
            return null;
        } catch (SyscallException failure) {
            return failure.code();
        }
    }

    @Test
    void aDrainedKernelClosesBeforeTheGraceIsOver() {
        TaskHandle<String> task = submit(control -> CompletableFuture.completedFuture("done"));
        task.await(PATIENCE);
        long begin = System.nanoTime();
        tasks.cancelAll(Duration.ofMinutes(10));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMinutes(1));
    }
}
