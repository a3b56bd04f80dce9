package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.task.Priority;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

    private final ProcessTable processes = new ProcessTable(
            100, ResourceLimits.DEFAULT, Duration.ofSeconds(5), Clock.systemUTC(), new EventBus(Runnable::run));
    private long now;
    private long order;

    @AfterEach
    void endProcesses() {
        processes.close();
    }

    private ProcessQueue process(int priority) {
        return new ProcessQueue(owner(priority));
    }

    private LogicalProcess owner(int priority) {
        return processes.create(
                ProcessSpec.named("p").priority(priority).build(),
                () -> FileTree.open(List.of(), scratch, Transactions.withoutJournal()));
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

        private final Map<ProcessQueue, Long> served = new HashMap<>(); // by what has ended

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
            start();
            Busy next = busy.poll();
            if (next == null) {
                return null;
            }
            now = next.until;
            queue.end(next.job, ORIGIN + now);
            served.merge(next.job.queue(), next.job.cost, Long::sum);
            return next.job;
        }

        private void start() {
            while (busy.size() < threads) {
                Job job = (Job) queue.poll(ORIGIN + now);
                if (job == null) {
                    break;
                }
                job.started = now;
                started.add(job);
                busy.add(new Busy(job, now + job.cost));
            }
        }

        /** Goes on to this moment; what is at work then has not ended. */
        void runUntil(long moment) {
            start();
            while (!busy.isEmpty() && requireNonNull(busy.peek()).until <= moment) {
                step();
                start();
            }
            now = moment;
        }

        /** How much time of the threads the process has had, up to now. */
        long served(ProcessQueue process) {
            return served.getOrDefault(process, 0L)
                    + busy.stream()
                            .filter(at -> at.job.queue() == process)
                            .mapToLong(at -> now - at.job.started)
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
        double tolerance = 0.03 * b + threads * MILLI; // and those that are just being served
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
        assertThat((double) simulation.served(more) / simulation.served(less)).isBetween(ratio * 0.97, ratio * 1.03);
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

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void processesWithTasksOfDifferentLengthsHaveEqualShares(int threads) {
        Simulation simulation = new Simulation(threads, threads);
        long[] lengths = {MILLI / 10, MILLI, 200 * MILLI};
        List<ProcessQueue> all = new ArrayList<>();
        for (long length : lengths) {
            ProcessQueue process = process(0);
            all.add(process);
            for (long i = 0; i < 60 * SECOND / length; i += 1) {
                simulation.submit(process, Priority.NORMAL, length);
            }
        }
        for (int second = 20; second <= 40; second++) {
            simulation.runUntil(second * SECOND);
            double share = second * (double) SECOND * threads / 3;
            for (ProcessQueue process : all) {
                assertThat((double) simulation.served(process))
                        .as("served after %s s", second)
                        .isCloseTo(share, within(0.03 * share));
            }
        }
    }

    /** Tasks of the other process that are short, and one that is as long as all of them. */
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "2, 2", "4, 3"})
    void whoWakesBesideALongTaskOfAnotherHasSavedNothingUp(int threads, int maxRunning) {
        Simulation simulation = new Simulation(threads, maxRunning);
        ProcessQueue busy = process(0);
        ProcessQueue sleepy = process(0);
        for (int i = 0; i < 400; i++) {
            simulation.submit(busy, Priority.NORMAL, SECOND);
        }
        simulation.runUntil(10 * SECOND + SECOND / 10 * 9);
        for (int i = 0; i < 20_000; i++) {
            simulation.submit(sleepy, Priority.NORMAL, 10 * MILLI);
        }
        long before = simulation.served(busy);
        for (int second = 12; second <= 60; second++) {
            simulation.runUntil(second * SECOND);
            long more = simulation.served(sleepy) - (simulation.served(busy) - before);
            assertThat((double) Math.abs(more))
                    .as("ahead after %s s", second)
                    .isLessThan((threads == maxRunning ? 1 : threads) * 2.0 * SECOND + threads * 20.0 * MILLI);
        }
    }

    @Test
    void whoHasALongTaskOnAThreadSavesNothingUpMeanwhile() {
        Simulation simulation = new Simulation(2, 2);
        ProcessQueue patient = process(0);
        ProcessQueue flooding = process(0);
        simulation.submit(patient, Priority.NORMAL, 10 * SECOND);
        simulation.runUntil(MILLI);
        for (int i = 0; i < 100_000; i++) {
            simulation.submit(flooding, Priority.NORMAL, MILLI);
        }
        simulation.runUntil(10 * SECOND - MILLI); // each has had one of the threads
        for (int i = 0; i < 100_000; i++) {
            simulation.submit(patient, Priority.NORMAL, MILLI);
        }
        long patientBefore = simulation.served(patient);
        long floodingBefore = simulation.served(flooding);
        simulation.runUntil(11 * SECOND);
        assertThat((double) (simulation.served(patient) - patientBefore))
                .isCloseTo((double) (simulation.served(flooding) - floodingBefore), within(0.03 * SECOND));
    }

    @Test
    void aNewPriorityOfAProcessCountsFromThenOn() {
        Simulation simulation = new Simulation(2, 2);
        LogicalProcess owner = owner(3);
        ProcessQueue changing = new ProcessQueue(owner);
        ProcessQueue steady = process(3);
        for (int i = 0; i < 40_000; i++) {
            simulation.submit(changing, Priority.NORMAL, MILLI);
            simulation.submit(steady, Priority.NORMAL, MILLI);
        }
        double[] ratios = {1, 4, 0.25, 1};
        int[] priorities = {3, 5, 1, 3};
        for (int i = 0; i < ratios.length; i++) {
            owner.priority(priorities[i]);
            long first = simulation.served(changing);
            long second = simulation.served(steady);
            simulation.runUntil((i + 1) * 5L * SECOND);
            assertThat((double) (simulation.served(changing) - first) / (simulation.served(steady) - second))
                    .as("with priority %s", priorities[i])
                    .isCloseTo(ratios[i], within(0.03 * ratios[i]));
        }
    }

    /** What waits without a thread is charged for its start alone. */
    @Test
    void aFloodOfDeferredTasksIsServedAsFastAsItsStartsAllow() {
        Simulation simulation = new Simulation(1, 1);
        ProcessQueue deferring = process(0);
        ProcessQueue working = process(0);
        for (int i = 0; i < 100_000; i++) {
            simulation.submit(deferring, Priority.NORMAL, 1_000);
        }
        for (int i = 0; i < 1000; i++) {
            simulation.submit(working, Priority.NORMAL, MILLI);
        }
        simulation.runUntil(150 * MILLI);
        assertThat((double) simulation.served(deferring)).isCloseTo(75 * MILLI, within(0.03 * 75 * MILLI));
        assertThat((double) simulation.served(working)).isCloseTo(75 * MILLI, within(0.03 * 75 * MILLI));
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
            assertThat(queue.poll(ORIGIN + now)).isSameAs(jobs.get(i));
        }
        assertThat(queue.isReady()).isFalse();
        assertThat(queue.poll(ORIGIN + now)).isNull();
    }

    @Test
    void aProcessHasNoMoreTasksOnThreadsThanItMay() {
        FairQueue queue = new FairQueue(SECOND, 2);
        ProcessQueue process = process(0);
        for (int i = 0; i < 3; i++) {
            queue.add(new Job(process, Priority.NORMAL, MILLI), ORIGIN + now);
        }
        QueuedTask first = requireNonNull(queue.poll(ORIGIN + now));
        assertThat(queue.poll(ORIGIN + now)).isNotNull();
        assertThat(queue.poll(ORIGIN + now)).isNull();
        queue.end(first, ORIGIN + now + MILLI);
        assertThat(queue.poll(ORIGIN + now)).isNotNull();
    }
}
