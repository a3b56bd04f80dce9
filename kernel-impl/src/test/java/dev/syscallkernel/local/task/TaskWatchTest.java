package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those hear who watch a task, wait for it, or ask for its status. */
@Timeout(120)
class TaskWatchTest extends TasksFixture {
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
    void aStageThatIsNotWaitedForAnyMoreLeavesNothingBehind() {
        Task<String> task = (Task<String>) submitForever();
        for (int i = 0; i < 1000; i++) {
            task.completion().cancel(false);
        }
        assertThat(task.followers().waiting()).isZero();
    }

    @Test
    void aStatusTellsNoMoreThanTheBeginningOfALongSubject() {
        TestWork work = new TestWork("y".repeat(50_000), 1, control -> CompletableFuture.completedFuture(""));
        TaskHandle<String> task = tasks.submit(process, work, TaskOptions.DEFAULT);
        assertThat(task.status().subject()).hasSize(1000).startsWith("yyy").endsWith("…");
        task.await(PATIENCE);
        assertThat(task.status().subject()).hasSize(1000);
    }
}
