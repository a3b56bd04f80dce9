package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Runs operations in a loop, each on a thread of its own, and watches what becomes of them. */
final class Race {
    /** How long one call may take before it counts as hanging; far more than a loaded machine needs. */
    private static final long HANGING_NANOS = TimeUnit.SECONDS.toNanos(20);

    private static final long DURATION_NANOS = TimeUnit.SECONDS.toNanos(Long.getLong("syscallkernel.race.seconds", 2));

    /** One call, or several that each may fail. */
    interface Operation {
        void run(Race race);
    }

    /** A single call. Throws an {@link AssertionError} if it got hold of something outside. */
    interface Call {
        void run();
    }

    private final Map<String, Map<String, AtomicLong>> outcomes = new ConcurrentHashMap<>();
    private final Map<Thread, Long> running = new ConcurrentHashMap<>(); // since when, by System.nanoTime
    private final List<Throwable> escapes = new ArrayList<>(); // guarded by itself

    /** Makes one call and counts its outcome. */
    void call(String name, Call call) {
        running.put(Thread.currentThread(), System.nanoTime());
        try {
            call.run();
            count(name, "OK");
        } catch (SyscallException failure) {
            count(name, failure.code().name());
            if (failure.code() == ErrorCode.IO_ERROR || failure.code() == ErrorCode.INTERNAL) {
                note(failure);
            }
        } catch (AssertionError | RuntimeException escape) {
            note(escape);
        } finally {
            running.remove(Thread.currentThread());
        }
    }

    private void count(String name, String outcome) {
        outcomes.computeIfAbsent(name, n -> new ConcurrentHashMap<>())
                .computeIfAbsent(outcome, o -> new AtomicLong())
                .incrementAndGet();
    }

    private void note(Throwable escape) {
        synchronized (escapes) {
            escapes.add(escape);
        }
    }

    /** Runs the operations until the time is up. Fails if one hangs. */
    void run(List<Operation> operations) throws InterruptedException {
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (Operation operation : operations) {
            Thread thread = new Thread(() -> {
                while (System.nanoTime() - start < DURATION_NANOS) {
                    operation.run(this);
                }
            });
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                thread.join(100);
                assertNothingHangs();
            }
        }
    }

    private void assertNothingHangs() {
        long now = System.nanoTime();
        running.forEach((thread, since) -> assertThat(now - since)
                .as(() -> "hangs: " + Arrays.toString(thread.getStackTrace()))
                .isLessThan(HANGING_NANOS));
    }

    /** How often this was the outcome, of whatever call. */
    long total(ErrorCode code) {
        return total(code.name());
    }

    long successes() {
        return total("OK");
    }

    private long total(String outcome) {
        return outcomes.values().stream()
                .mapToLong(counts ->
                        counts.containsKey(outcome) ? counts.get(outcome).get() : 0)
                .sum();
    }

    List<Throwable> escapes() {
        synchronized (escapes) {
            return List.copyOf(escapes);
        }
    }

    /** A table of the outcomes. */
    String report() {
        StringBuilder report = new StringBuilder();
        new TreeMap<>(outcomes)
                .forEach((name, counts) -> report.append(String.format("  %-10s %s%n", name, new TreeMap<>(counts))));
        return report.toString();
    }
}
