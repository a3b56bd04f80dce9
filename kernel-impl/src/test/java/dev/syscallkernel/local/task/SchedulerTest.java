package dev.syscallkernel.local.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scheduler outlives what goes wrong around it. */
class SchedulerTest {
    private static final int THREADS = 2;

    @TempDir
    Path scratch;

    private final ProcessTable processes = new ProcessTable(
            100, ResourceLimits.DEFAULT, Duration.ofSeconds(5), Clock.systemUTC(), new EventBus(Runnable::run));
    private final Queue<Runnable> toRun = new ArrayDeque<>();
    private boolean broken;
    private final Scheduler scheduler = new Scheduler(
            work -> {
                if (broken) {
                    throw new OutOfMemoryError("unable to create native thread");
                }
                toRun.add(work);
            },
            THREADS,
            System::nanoTime,
            new FairQueue(1, THREADS));
    private final List<Integer> ran = new ArrayList<>();

    @AfterEach
    void endProcesses() {
        processes.close();
    }

    private final class Job extends QueuedTask {
        private final int number;
        private final Runnable action;

        private Job(ProcessQueue queue, int number, Runnable action) {
            super(queue, number);
            this.number = number;
            this.action = action;
        }

        @Override
        Priority priority() {
            return Priority.NORMAL;
        }

        @Override
        void run() {
            ran.add(number);
            action.run();
        }
    }

    private ProcessQueue process() {
        return new ProcessQueue(processes.create(
                ProcessSpec.named("p").build(),
                () -> FileTree.open(List.of(), scratch, Transactions.withoutJournal())));
    }

    private void runAll() {
        for (Runnable work = toRun.poll(); work != null; work = toRun.poll()) {
            work.run();
        }
    }

    @Test
    void tasksThatThrowWhatTheyMustNotDoNotEndTheScheduling() {
        ProcessQueue process = process();
        for (int i = 0; i < 10; i++) {
            scheduler.add(new Job(process, i, () -> {
                throw new StackOverflowError();
            }));
        }
        runAll();
        scheduler.add(new Job(process, 10, () -> {}));
        runAll();
        assertThat(ran).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    }

    @Test
    void aThreadThatCannotBeStartedIsTriedAgain() {
        ProcessQueue process = process();
        broken = true;
        for (int i = 0; i < 2 * THREADS; i++) {
            Job job = new Job(process, i, () -> {});
            assertThatThrownBy(() -> scheduler.add(job)).isInstanceOf(OutOfMemoryError.class);
            assertThat(scheduler.remove(job)).isTrue();
        }
        broken = false;
        scheduler.add(new Job(process, 10, () -> {}));
        runAll();
        assertThat(ran).containsExactly(10);
    }

    @Test
    void whileOneThreadIsAtWorkAnotherOneThatCannotBeStartedHarmsNobody() {
        ProcessQueue process = process();
        scheduler.add(new Job(process, 0, () -> {
            broken = true;
            scheduler.add(new Job(process, 1, () -> {}));
            scheduler.add(new Job(process, 2, () -> broken = false));
        }));
        runAll();
        assertThat(ran).containsExactly(0, 1, 2);
        scheduler.add(new Job(process, 3, () -> {}));
        runAll();
        assertThat(ran).containsExactly(0, 1, 2, 3);
    }
}
