package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Races of many threads for the same tasks: each has one end, and runs once. */
@Timeout(120)
class TaskRaceTest extends TasksFixture {
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
            all.set(i, small.submit(process, new TestWork("", 1, TasksFixture::forever), TaskOptions.DEFAULT));
        }
        assertThat(codeOf(() -> small.submit(process, work, TaskOptions.DEFAULT)))
                .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        small.cancelAll(Duration.ZERO);
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
}
