package dev.syscallkernel.local.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.task.Priority;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WaitingTasksTest {
    private static final long STEP = 100;
    private static final List<Priority> PRIORITIES = List.of(Priority.values());

    @TempDir
    Path scratch;

    private static final class Job extends QueuedTask {
        private final Priority priority;

        private Job(ProcessQueue queue, long order, Priority priority) {
            super(queue, order);
            this.priority = priority;
        }

        @Override
        Priority priority() {
            return priority;
        }

        @Override
        void run() {
            throw new AssertionError("not here");
        }
    }

    @Test
    void whateverComesAndGoesTheLeastDeadlineIsFirst() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        try (ProcessTable processes = new ProcessTable(
                1, ResourceLimits.DEFAULT, Duration.ofSeconds(5), Clock.systemUTC(), new EventBus(Runnable::run))) {
            ProcessQueue queue = new ProcessQueue(processes.create(
                    ProcessSpec.named("p").build(),
                    () -> FileTree.open(List.of(), scratch, Transactions.withoutJournal())));
            WaitingTasks waiting = new WaitingTasks();
            List<Job> expected = new ArrayList<>(); // in the order of their submission
            Comparator<Job> byTurn = (one, other) -> one.precedes(other) ? -1 : 1;
            long now = Long.MAX_VALUE - 500; // it will overflow
            for (int i = 0; i < 20_000; i++) {
                int what = random.nextInt(10);
                if (what < 5) {
                    Priority priority = PRIORITIES.get(random.nextInt(PRIORITIES.size()));
                    Job job = new Job(queue, i, priority);
                    job.setDeadline(now - priority.rank() * STEP);
                    waiting.add(job);
                    expected.add(job);
                } else if (what < 8) {
                    @Nullable Job first = expected.stream().min(byTurn).orElse(null);
                    assertThat(waiting.poll()).as("seed %d, step %d", seed, i).isSameAs(first);
                    expected.remove(first);
                } else if (!expected.isEmpty()) {
                    Job any = expected.remove(random.nextInt(expected.size()));
                    assertThat(waiting.remove(any)).isTrue();
                    assertThat(waiting.remove(any)).as("once").isFalse();
                }
                assertThat(waiting.isEmpty()).isEqualTo(expected.isEmpty());
                now += random.nextInt(3);
            }
        }
    }
}
