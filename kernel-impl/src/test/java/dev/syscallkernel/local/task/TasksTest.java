package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
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
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
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
    private final ThreadPoolExecutor callbacks =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>());
    private final EventBus events = new EventBus(callbacks);
    private final Timers timers = new Timers(Executors.defaultThreadFactory(), workers);
    private final ProcessTable processes = new ProcessTable(
            100, ResourceLimits.DEFAULT.withMaxTasks(1_000_000), Duration.ofSeconds(5), Clock.systemUTC(), events);
    private final Tasks tasks = tasks(1_000_000, 64 << 20);
    private final LogicalProcess process = process();

    private Tasks tasks(int maxTasks, long maxBytes) {
        return tasks(maxTasks, maxBytes, 64 << 20);
    }

    private Tasks tasks(int maxTasks, long maxBytes, long retainedBytes) {
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

    /** The work goes on without a thread, and is ended by another one while it is cancelled. */
    @Test
    void aCancellationThatRacesWithTheEndOfWhatWaitsLeadsToExactlyOneEnd() throws Exception {
        int rounds = 100_000;
        Tasks small = tasks(2000, 1 << 20); // which is full all the time, if it does not get back all that it gave
        BlockingQueue<CompletableFuture<String>> toEnd = new LinkedBlockingQueue<>();
        BlockingQueue<TaskHandle<String>> toCancel = new LinkedBlockingQueue<>();
        ExecutorService racers = Executors.newFixedThreadPool(2);
        Future<?> ending = racers.submit(() -> {
            for (int i = 0; i < rounds; i++) {
                toEnd.take().complete("done");
            }
            return null;
        });
        Future<Integer> cancelling = racers.submit(() -> {
            int accepted = 0;
            for (int i = 0; i < rounds; i++) {
                accepted += toCancel.take().cancel() ? 1 : 0;
            }
            return accepted;
        });
        TestWork work = new TestWork("", 1, control -> {
            CompletableFuture<String> answer = forever(control);
            toEnd.add(answer);
            return answer;
        });
        Map<TaskState, Integer> ends = new EnumMap<>(TaskState.class);
        int begun = 0;
        List<TaskHandle<String>> all = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            TaskHandle<String> task = small.submit(process, work, TaskOptions.DEFAULT);
            all.add(task);
            toCancel.add(task);
            if (i >= 1000) {
                awaitEnd(all.get(i - 1000));
            }
        }
        int accepted = cancelling.get(60, TimeUnit.SECONDS);
        for (TaskHandle<String> task : all) {
            awaitEnd(task);
            TaskStatus status = task.status();
            ends.merge(status.state(), 1, Integer::sum);
            begun += status.startedAt() == null ? 0 : 1;
            assertThat(task.cancel()).isFalse();
        }
        for (int i = begun; i < rounds; i++) {
            toEnd.add(new CompletableFuture<>()); // for those that were cancelled before they began
        }
        ending.get(60, TimeUnit.SECONDS);
        racers.shutdown();
        int completed = ends.getOrDefault(TaskState.COMPLETED, 0);
        int cancelled = ends.getOrDefault(TaskState.CANCELLED, 0);
        assertThat(completed + cancelled).isEqualTo(rounds);
        assertThat(cancelled).isLessThanOrEqualTo(accepted);
        assertThat(completed).isPositive();
        assertThat(cancelled).isPositive();
        assertThat(process.resources().count(Resources.Kind.WAITING_CALL)).isZero();
        for (int i = 0; i < 2000; i++) { // all of it is free again
            all.set(i, small.submit(process, new TestWork("", 1, TasksTest::forever), TaskOptions.DEFAULT));
        }
        assertThat(codeOf(() -> small.submit(process, work, TaskOptions.DEFAULT)))
                .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        small.cancelAll(Duration.ZERO);
    }

    private static void awaitEnd(TaskHandle<?> task) {
        try {
            task.await(PATIENCE);
        } catch (SyscallException failure) {
            assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
        }
    }

    @Test
    void whoSeesTheEndOfATaskFindsItsPlaceFreeAndItsResult() throws Exception {
        Tasks small = tasks(1, 1 << 20);
        BlockingQueue<TaskStatus> heard = new LinkedBlockingQueue<>();
        for (int i = 0; i < 20000; i++) {
            TestWork work = new TestWork("", 1, control -> CompletableFuture.completedFuture("done"));
            TaskHandle<String> task = small.submit(process, work, TaskOptions.DEFAULT);
            if (i % 2 == 0) {
                while (!task.status().state().isEnded()) {
                    Thread.onSpinWait();
                }
            } else {
                task.onProgress(heard::add);
                while (!requireNonNull(heard.poll(30, TimeUnit.SECONDS)).state().isEnded()) {
                    // on to the next one
                }
            }
            assertThat(task.await(Duration.ZERO)).isEqualTo("done");
            assertThat(process.resources().count(Resources.Kind.WAITING_CALL)).isZero();
        }
    }

    @Test
    void equalRequestsOfManySubmittersAreOneTask() throws Exception {
        int submitters = 8;
        int rounds = 500;
        AtomicInteger[] runs = new AtomicInteger[rounds];
        for (int i = 0; i < rounds; i++) {
            runs[i] = new AtomicInteger();
        }
        ExecutorService threads = Executors.newFixedThreadPool(submitters);
        CyclicBarrier round = new CyclicBarrier(submitters);
        List<Future<List<TaskId>>> submitting = new ArrayList<>();
        for (int s = 0; s < submitters; s++) {
            submitting.add(threads.submit(() -> {
                List<TaskId> ids = new ArrayList<>();
                for (int i = 0; i < rounds; i++) {
                    AtomicInteger count = runs[i];
                    round.await(30, TimeUnit.SECONDS);
                    TaskHandle<String> task = tasks.submit(
                            process,
                            new TestWork("" + i, 1, control -> {
                                count.incrementAndGet();
                                return CompletableFuture.completedFuture("");
                            }),
                            TaskOptions.DEFAULT.withRequestId("r" + i));
                    task.await(PATIENCE);
                    assertThat(tasks.find(task.id())).isSameAs(task);
                    ids.add(task.id());
                }
                return ids;
            }));
        }
        List<TaskId> first = submitting.get(0).get(100, TimeUnit.SECONDS);
        for (Future<List<TaskId>> ids : submitting) {
            assertThat(ids.get(100, TimeUnit.SECONDS)).isEqualTo(first);
        }
        threads.shutdown();
        assertThat(runs).allSatisfy(count -> assertThat(count).hasValue(1));
        assertThat(process.resources().count(Resources.Kind.WAITING_CALL)).isZero();
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
    void aThousandWatchersHearTheEndAlthoughSomeAreSlow() throws Exception {
        TaskHandle<String> task = submitForever();
        CountDownLatch ended = new CountDownLatch(1000);
        CountDownLatch proceed = new CountDownLatch(1);
        for (int i = 0; i < 1000; i++) {
            boolean slow = i % 50 == 0;
            task.onProgress(status -> {
                if (status.state() == TaskState.CANCELLED) {
                    ended.countDown();
                    if (slow) {
                        awaitUninterruptibly(proceed);
                    }
                }
            });
        }
        task.cancel();
        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        proceed.countDown();
        assertThat(callbacks.getLargestPoolSize()).isLessThan(20 + 60); // those that block, and some more
    }

    @Test
    void watchersLeaveNoTimersBehind() throws Exception {
        for (int i = 0; i < 100; i++) {
            CompletableFuture<Void> watched = new CompletableFuture<>();
            TaskHandle<String> task = submit(control -> {
                control.progress().lasts(Duration.ofDays(10_000));
                return forever(control);
            });
            Subscription watching = task.onProgress(status -> watched.complete(null));
            watched.get(30, TimeUnit.SECONDS);
            if (i % 2 == 0) {
                watching.close();
            }
            task.cancel();
            awaitEnd(task);
        }
        awaitUntil(() -> timers.pending() < 5); // one of them says when to forget the ends
    }

    private static void awaitUntil(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it does not come").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void whereThereIsNoMoreRoomTheOldestEndsAreForgotten() {
        Tasks small = tasks(10_000, 64 << 20, 1 << 20);
        List<TaskHandle<String>> all = new ArrayList<>();
        TestWork work = new TestWork("r", 1, control -> CompletableFuture.completedFuture("x".repeat(10_000)));
        for (int i = 0; i < 1000; i++) {
            TaskHandle<String> task = small.submit(process, work, TaskOptions.DEFAULT.withRequestId("" + i));
            assertThat(task.await(PATIENCE)).hasSize(10_000);
            all.add(task);
            small.find(all.get(Math.max(0, i - 10)).id()); // the newest can be found, and so can some before it
            if (i > 0) {
                try {
                    small.find(all.get(0).id()); // asking does not keep it
                } catch (SyscallException forgotten) {
                    assertThat(forgotten.code()).isEqualTo(ErrorCode.NOT_FOUND);
                }
            }
        }
        int remembered = 0;
        for (int i = 0; i < 1000; i++) {
            boolean found = isKnown(small, all.get(i));
            remembered += found ? 1 : 0;
            assertThat(found || remembered == 0)
                    .as("the oldest are forgotten first")
                    .isTrue();
        }
        assertThat(remembered).isBetween(40, 52); // of 20 KB each, in 1 MiB
        assertThat(small.submit(process, work, TaskOptions.DEFAULT.withRequestId("0")))
                .isNotSameAs(all.get(0));
        assertThat(small.submit(process, work, TaskOptions.DEFAULT.withRequestId("999")))
                .isSameAs(all.get(999));
        small.cancelAll(PATIENCE);
    }

    private static boolean isKnown(Tasks tasks, TaskHandle<?> task) {
        try {
            return tasks.find(task.id()) == task;
        } catch (SyscallException forgotten) {
            return false;
        }
    }

    @Test
    void whatHasEndedKeepsNeitherItsProcessNorItsWork() throws Exception {
        List<WeakReference<Object>> gone = new ArrayList<>();
        TaskHandle<String> completed = submitAndEnd(gone);
        assertThat(completed.status().subject()).isEqualTo("s");
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (gone.stream().anyMatch(reference -> reference.get() != null)) {
            assertThat(System.nanoTime()).as("it is kept in memory").isLessThan(deadline);
            System.gc();
            Thread.sleep(10);
        }
        assertThat(tasks.find(completed.id())).isSameAs(completed);
    }

    private TaskHandle<String> submitAndEnd(List<WeakReference<Object>> gone) {
        LogicalProcess own = process();
        TestWork work = new TestWork("s", 1, new Action() {
            @Override
            public CompletableFuture<String> start(CallControl control) {
                return forever(control);
            }
        });
        gone.add(new WeakReference<>(own));
        gone.add(new WeakReference<>(work.action));
        TaskHandle<String> task = tasks.submit(own, work, TaskOptions.DEFAULT.withTimeout(Duration.ofHours(1)));
        awaitUntil(() -> task.status().state() == TaskState.RUNNING);
        processes.end(own.pid());
        assertThat(codeOf(() -> task.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED);
        return task;
    }

    @Test
    void theEndOfAProcessEndsWhatWaitsForItsTurnAndWhatRuns() {
        LogicalProcess own = process();
        List<TaskHandle<String>> all = new ArrayList<>();
        TestWork sleeping = new TestWork("", 1, TasksTest::forever);
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
    void aStatusTellsNoMoreThanTheBeginningOfALongSubject() {
        TestWork work = new TestWork("y".repeat(50_000), 1, control -> CompletableFuture.completedFuture(""));
        TaskHandle<String> task = tasks.submit(process, work, TaskOptions.DEFAULT);
        assertThat(task.status().subject()).hasSize(1000).startsWith("yyy").endsWith("…");
        task.await(PATIENCE);
        assertThat(task.status().subject()).hasSize(1000);
    }

    @Test
    void aTokenThatNoPageHadIsRefused() {
        for (String token : List.of("0", "-1", "-zz", "!", "3w5e11264sgsg")) {
            assertThat(codeOf(() -> tasks.list(new TaskQuery(null, Set.of(), 10, token))))
                    .as(token)
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
    }

    @Test
    void watchingAfterNothingIsWatchingFromTheBeginning() throws Exception {
        TaskHandle<String> task = submitForever();
        CompletableFuture<TaskStatus> first = new CompletableFuture<>();
        Subscription.to(task.watch(-1), first::complete, end -> {});
        assertThat(first.get(30, TimeUnit.SECONDS).id()).isEqualTo(task.id());
    }

    @Test
    void aWatcherThatComesBackAfterManyReportsMissesNoChangeOfState() throws Exception {
        CompletableFuture<CallControl> started = new CompletableFuture<>();
        CompletableFuture<String> answer = new CompletableFuture<>();
        TaskHandle<String> task = submit(control -> {
            started.complete(control);
            return answer;
        });
        CallControl control = started.get(30, TimeUnit.SECONDS);
        long known = task.status().revision();
        for (int i = 1; i <= 1000; i++) {
            control.progress().moved(i, 1000);
        }
        task.cancel();
        for (int i = 1; i <= 1000; i++) {
            control.progress().moved(1000 + i, 2000);
        }
        answer.complete("after all");
        task.await(PATIENCE);
        BlockingQueue<TaskStatus> heard = new LinkedBlockingQueue<>();
        Subscription.to(task.watch(known), heard::add, end -> {});
        TaskStatus first = requireNonNull(heard.poll(30, TimeUnit.SECONDS));
        assertThat(first.cancelRequested()).isTrue();
        assertThat(first.state()).isEqualTo(TaskState.RUNNING);
        assertThat(first.bytesDone()).isEqualTo(1000);
        TaskStatus second = requireNonNull(heard.poll(30, TimeUnit.SECONDS));
        assertThat(second.state()).isEqualTo(TaskState.COMPLETED);
        assertThat(second.revision()).isGreaterThan(first.revision());
    }

    @Test
    void aStageThatIsNotWaitedForAnyMoreLeavesNothingBehind() {
        Task<String> task = (Task<String>) submitForever();
        for (int i = 0; i < 1000; i++) {
            task.completion().cancel(false);
        }
        assertThat(task.followers().waiting()).isZero();
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
