package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scheduling on a clock that moves only when all simulated threads are busy. */
class FairQueueTest {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000 * MILLI;

    /** What the clock shows at first: it will overflow, as nanoTime may. */
    private static final long ORIGIN = Long.MAX_VALUE - 50 * MILLI;

    @TempDir
    Path scratch;

    private final ProcessTable processes =
            new ProcessTable(100, ResourceLimits.DEFAULT, Clock.systemUTC(), new EventBus(Runnable::run));
    private long now;
    private long order;

    @AfterEach
    void endProcesses() {
        processes.close();
    }

    private ProcessQueue process(int priority) {
        return new ProcessQueue(processes.create(
                ProcessSpec.named("p").priority(priority).build(),
                () -> FileTree.open(List.of(), scratch, Transactions.withoutJournal())));
    }

    private final class Job extends QueuedTask {
        private final Priority priority;
        private final long cost;
        private final long submitted = now;
        private long started;

        private Job(ProcessQueue queue, Priority priority, long cost) {
            super(queue, ++order);
            this.priority = priority;
            this.cost = cost;
        }

        @Override
        Priority priority() {
            return priority;
        }

        @Override
        void run() {
            throw new AssertionError("simulated");
        }

        long waited() {
            return started - submitted;
        }
    }

    private record Busy(Job job, long until) {}

    /** Works on what is queued with so many threads; whoever listens hears of the start of each job. */
    private final class Simulation {
        private final FairQueue queue;
        private final int threads;
        private final PriorityQueue<Busy> busy = new PriorityQueue<>(Comparator.comparingLong(Busy::until));
        private final List<Job> started = new ArrayList<>();

        private Simulation(int threads, int maxRunning) {
            this.threads = threads;
            this.queue = new FairQueue(SECOND, maxRunning);
        }

        Job submit(ProcessQueue process, Priority priority, long cost) {
            Job job = new Job(process, priority, cost);
            queue.add(job, ORIGIN + now);
            return job;
        }

        /** Starts what can be started, and goes on to the next moment at which a job ends. */
        @Nullable
        Job step() {
            while (busy.size() < threads) {
                Job job = (Job) queue.poll();
                if (job == null) {
                    break;
                }
                job.started = now;
                started.add(job);
                busy.add(new Busy(job, now + job.cost));
            }
            Busy next = busy.poll();
            if (next == null) {
                return null;
            }
            now = next.until;
            queue.end(next.job, next.job.cost);
            return next.job;
        }

        long served(ProcessQueue process) {
            return started.stream()
                    .filter(job -> job.queue() == process)
                    .mapToLong(job -> job.cost)
                    .sum();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void aFloodOfUrgentTasksGivesAProcessNoMoreThanItsShare(int threads) {
        Random random = new Random(threads);
        Simulation simulation = new Simulation(threads, threads);
        ProcessQueue flooding = process(0);
        ProcessQueue second = process(0);
        ProcessQueue third = process(0);
        for (int i = 0; i < 20_000; i++) {
            simulation.submit(flooding, Priority.CRITICAL, cost(random));
        }
        for (int i = 0; i < 200; i++) {
            simulation.submit(second, Priority.BACKGROUND, cost(random));
            simulation.submit(third, Priority.BACKGROUND, cost(random));
        }
        while (simulation.started.stream()
                        .filter(job -> job.queue() != flooding)
                        .count()
                < 380) {
            requireNonNull(simulation.step());
        }
        double a = simulation.served(flooding);
        double b = simulation.served(second);
        double c = simulation.served(third);
        double tolerance = 0.05 * b + 2.0 * threads * MILLI;
        assertThat(Math.abs(a - b)).isLessThan(tolerance);
        assertThat(Math.abs(b - c)).isLessThan(tolerance);
    }

    /** 10 to 1,000 microseconds. */
    private static long cost(Random random) {
        return (10 + random.nextInt(990)) * MILLI / 1000;
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 2", "0, 4, 2", "3, 5, 4", "1, 5, 16", "-5, 3, 1", "7, 0, 1"})
    void aProcessGetsAShareByItsPriority(int low, int high, double ratio) {
        Random random = new Random(7);
        Simulation simulation = new Simulation(2, 2);
        ProcessQueue less = process(low);
        ProcessQueue more = process(high);
        for (int i = 0; i < 20_000; i++) {
            simulation.submit(less, Priority.NORMAL, cost(random));
            simulation.submit(more, Priority.NORMAL, cost(random));
        }
        for (int i = 0; i < 10_000; i++) {
            requireNonNull(simulation.step());
        }
        assertThat((double) simulation.served(more) / simulation.served(less)).isBetween(ratio * 0.9, ratio * 1.1);
    }

    @Test
    void aProcessThatSleptHasSavedNothingUp() {
        Simulation simulation = new Simulation(1, 1);
        ProcessQueue diligent = process(0);
        ProcessQueue sleepy = process(0);
        for (int i = 0; i < 2000; i++) {
            simulation.submit(diligent, Priority.NORMAL, MILLI);
        }
        for (int i = 0; i < 1000; i++) {
            simulation.step();
        }
        for (int i = 0; i < 1000; i++) {
            simulation.submit(sleepy, Priority.CRITICAL, MILLI);
        }
        int before = simulation.started.size();
        for (int i = 0; i < 200; i++) {
            simulation.step();
        }
        long ofSleepy = simulation.started.subList(before, simulation.started.size()).stream()
                .filter(job -> job.queue() == sleepy)
                .count();
        assertThat(ofSleepy).isBetween(95L, 105L);
    }

    @Test
    void aSingleTaskIsNotDelayedByTheThousandsOfAnotherProcess() {
        Simulation simulation = new Simulation(4, 3);
        ProcessQueue flooding = process(0);
        for (int i = 0; i < 10_000; i++) {
            simulation.submit(flooding, Priority.CRITICAL, MILLI);
        }
        for (int i = 0; i < 1000; i++) {
            simulation.step();
        }
        Job single = simulation.submit(process(0), Priority.BACKGROUND, MILLI);
        while (!simulation.started.contains(single)) {
            simulation.step();
        }
        assertThat(single.waited()).isLessThanOrEqualTo(MILLI);
    }

    @Test
    void nobodyIsOvertakenByWhatCameLaterThanTheAgeingAllows() {
        Random random = new Random(11);
        Simulation simulation = new Simulation(1, 1);
        ProcessQueue process = process(0);
        Priority[] priorities = Priority.values();
        for (int i = 0; i < 20_000; i++) {
            // More than one thread can do, so that there is always a queue.
            for (int n = random.nextInt(4); n > 0; n--) {
                simulation.submit(process, priorities[random.nextInt(priorities.length)], 10 * MILLI);
            }
            simulation.step();
        }
        List<Job> started = simulation.started;
        int overtaken = 0;
        for (int later = 1; later < started.size(); later++) {
            Job job = started.get(later);
            for (int i = Math.max(0, later - 500); i < later; i++) {
                Job before = started.get(i);
                long ahead = before.submitted - job.submitted;
                if (ahead > 0) {
                    overtaken++;
                    assertThat(ahead).isLessThanOrEqualTo((before.priority.rank() - job.priority.rank()) * SECOND);
                }
            }
        }
        assertThat(overtaken).isGreaterThan(1000); // or the test has proved nothing
    }

    @Test
    void withinAPriorityTheOrderIsThatOfSubmission() {
        Simulation simulation = new Simulation(1, 1);
        ProcessQueue process = process(0);
        List<Job> expected = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            expected.add(simulation.submit(process, Priority.LOW, MILLI)); // all at the same nanosecond
        }
        while (simulation.step() != null) {
            // on to the next
        }
        assertThat(simulation.started).containsExactlyElementsOf(expected);
    }

    @Test
    void whatIsRemovedDoesNotComeOutAndTheRestDoes() {
        FairQueue queue = new FairQueue(SECOND, 100);
        ProcessQueue process = process(0);
        List<Job> jobs = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Job job = new Job(process, Priority.NORMAL, MILLI);
            jobs.add(job);
            queue.add(job, ORIGIN + now);
        }
        for (int i = 0; i < 100; i += 2) {
            assertThat(queue.remove(jobs.get(i))).isTrue();
            assertThat(queue.remove(jobs.get(i))).isFalse();
        }
        for (int i = 1; i < 100; i += 2) {
            assertThat(queue.poll()).isSameAs(jobs.get(i));
        }
        assertThat(queue.isReady()).isFalse();
        assertThat(queue.poll()).isNull();
    }

    @Test
    void aProcessHasNoMoreTasksOnThreadsThanItMay() {
        FairQueue queue = new FairQueue(SECOND, 2);
        ProcessQueue process = process(0);
        for (int i = 0; i < 3; i++) {
            queue.add(new Job(process, Priority.NORMAL, MILLI), ORIGIN + now);
        }
        QueuedTask first = requireNonNull(queue.poll());
        assertThat(queue.poll()).isNotNull();
        assertThat(queue.poll()).isNull();
        queue.end(first, MILLI);
        assertThat(queue.poll()).isNotNull();
    }
}
