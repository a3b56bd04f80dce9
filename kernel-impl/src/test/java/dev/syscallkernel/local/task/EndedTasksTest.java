package dev.syscallkernel.local.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is remembered of tasks that have ended, and for how long. */
@Timeout(120)
class EndedTasksTest extends TasksFixture {
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

    @Test
    void aTokenThatNoPageHadIsRefused() {
        for (String token : List.of("0", "-1", "-zz", "!", "3w5e11264sgsg")) {
            assertThat(codeOf(() -> tasks.list(new TaskQuery(null, Set.of(), 10, token))))
                    .as(token)
                    .isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
    }

    private static boolean isKnown(Tasks tasks, TaskHandle<?> task) {
        try {
            return tasks.find(task.id()) == task;
        } catch (SyscallException forgotten) {
            return false;
        }
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
        gone.add(new WeakReference<>(work.action()));
        TaskHandle<String> task = tasks.submit(own, work, TaskOptions.DEFAULT.withTimeout(Duration.ofHours(1)));
        awaitUntil(() -> task.status().state() == TaskState.RUNNING);
        processes.end(own.pid());
        assertThat(codeOf(() -> task.await(PATIENCE))).isEqualTo(ErrorCode.CANCELLED);
        return task;
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
}
