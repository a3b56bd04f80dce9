package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.local.fs.Recorder.Step;
import dev.syscallkernel.local.fs.RecoveryReport.Action;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Durable batches and the loss of power. What a batch does is recorded; then power is lost after each of its operations,
 * and of those that nobody had waited for, any may have reached the device and any may not. A recovery must make all or
 * nothing of each state. To prove that this finds what is wrong, each wait for the device is left out in turn.
 */
@Tag("long")
class PowerFailureTest {
    private static final boolean FULL = Boolean.getBoolean("syscallkernel.crash.full");

    /** So many operations in doubt are tried in all combinations; of more, some combinations are drawn. */
    private static final int ALL_COMBINATIONS = 6;

    private static final int DRAWN = FULL ? 4000 : 300;

    /** So many are drawn to find what is wrong. */
    private static final int DRAWN_TO_FIND = 200;

    @TempDir(factory = FastDisk.class)
    private Path host;

    private RandomAccessFile journal;
    private final Random random = new Random(42);
    private Model initial = Model.empty();
    private Map<String, String> before = Map.of();
    private Map<String, String> after = Map.of();
    private int states;

    @BeforeEach
    void open() throws IOException {
        journal = new RandomAccessFile(host.resolve("replayed").toFile(), "rw");
    }

    @AfterEach
    void close() throws IOException {
        journal.close();
    }

    /** Executes a batch and records it. */
    private List<Step> record(int seed) throws IOException {
        Path directory = host.resolve("seed" + seed);
        Path root = directory.resolve("root");
        Scenario scenario = new Scenario(seed);
        scenario.prepare(root);
        scenario.prepare(directory.resolve("trial"));
        List<FileSyscall<?>> calls = scenario.calls(directory.resolve("trial"));
        initial = Model.of(root);
        before = initial.snapshot();
        Recorder recorder = new Recorder();
        Transactions transactions =
                Transactions.open(directory.resolve("journal"), directory.resolve("scratch"), Set.of(), recorder);
        Scenario.run(transactions, root, true, calls);
        transactions.close();
        after = Model.of(root).snapshot();
        List<Step> steps = recorder.steps();
        assertThat(replay(steps, steps.size(), all(steps.size())).snapshot()).isEqualTo(after);
        return steps;
    }

    private static BitSet all(int count) {
        BitSet all = new BitSet();
        all.set(0, count);
        return all;
    }

    /** The state after the first steps, of which only these have reached the device. */
    private Model replay(List<Step> steps, int count, BitSet kept) {
        Model model = initial.copy();
        for (int i = 0; i < count; i++) {
            Step step = steps.get(i);
            Model.Change change = step.change();
            if (change != null) {
                (kept.get(i) ? change : step.lost()).apply(model);
            }
        }
        return model;
    }

    /** The steps among the first ones that may not have reached the device. */
    private static List<Integer> uncertain(List<Step> steps, int count) {
        List<Integer> uncertain = new ArrayList<>();
        Set<String> forced = new HashSet<>();
        for (int i = count - 1; i >= 0; i--) {
            Step step = steps.get(i);
            if (step.isForce()) {
                forced.addAll(step.concerns());
            } else if (!forced.containsAll(step.concerns())) {
                uncertain.add(i);
            }
        }
        return uncertain;
    }

    /** From here on the batch counts: its commit has been waited for. */
    private static int acknowledged(List<Step> steps) {
        int commit = 0;
        while (!steps.get(commit).text().equals("append C")) {
            commit++;
        }
        return commit + 2;
    }

    /** Loses power in all ways. Answers what is wrong with the first states that are. */
    private List<String> violations(List<Step> steps, int acknowledged, int drawn, int most) throws IOException {
        List<String> violations = new ArrayList<>();
        for (int count = 0; count <= steps.size() && violations.size() < most; count++) {
            List<Integer> uncertain = uncertain(steps, count);
            boolean all = uncertain.size() <= ALL_COMBINATIONS;
            int combinations = all ? 1 << uncertain.size() : drawn;
            for (int i = 0; i < combinations && violations.size() < most; i++) {
                BitSet kept = all(count);
                for (int bit = 0; bit < uncertain.size(); bit++) {
                    kept.set(uncertain.get(bit), isKept(i, bit, uncertain.size(), all));
                }
                keepOrder(steps, count, kept);
                String wrong = check(steps, count, kept, count >= acknowledged);
                if (wrong != null) {
                    violations.add("after " + count + " steps, kept " + kept + ": " + wrong);
                }
            }
        }
        return violations;
    }

    /** What changed a name cannot have been lost if what changed it later was not. */
    private static void keepOrder(List<Step> steps, int count, BitSet kept) {
        Set<String> names = new HashSet<>();
        for (int i = count - 1; i >= 0; i--) {
            Set<String> changed = steps.get(i).names();
            if (!kept.get(i) && changed.stream().anyMatch(names::contains)) {
                kept.set(i);
            }
            if (kept.get(i)) {
                names.addAll(changed);
            }
        }
    }

    /** Drawn combinations begin with all, none, and one of them lost or kept. */
    private boolean isKept(int combination, int bit, int bits, boolean all) {
        if (all) {
            return (combination >> bit & 1) != 0;
        }
        if (combination < 2) {
            return combination == 0;
        }
        if (combination < 2 + bits) {
            return bit != combination - 2;
        }
        return combination < 2 + 2 * bits ? bit == combination - 2 - bits : random.nextBoolean();
    }

    /** What is wrong with a state; null for nothing. */
    private @Nullable String check(List<Step> steps, int count, BitSet kept, boolean acknowledged) throws IOException {
        states++;
        Model model = replay(steps, count, kept);
        writeJournal(model.journal());
        RecoveryReport report;
        try {
            ModelOperations operations = new ModelOperations(model);
            report = new Recovery(
                            operations,
                            new Journal(operations, host.resolve("replayed"), journal),
                            path -> DirectoryHandle.of(new ModelDirectory(model, model.root())),
                            host,
                            Set.of())
                    .run();
        } catch (IOException | RuntimeException failure) {
            return "the recovery failed: " + failure;
        }
        Map<String, String> now = model.snapshot();
        if (report.transactions().stream().anyMatch(found -> found.action() == Action.IN_DOUBT)) {
            return "in doubt";
        }
        if (acknowledged ? now.equals(after) : now.equals(before) || now.equals(after)) {
            return null;
        }
        return (acknowledged ? "acknowledged and lost: " : "neither before nor after: ") + now;
    }

    private void writeJournal(List<byte[]> entries) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(
                entries.stream().mapToInt(entry -> entry.length).sum());
        entries.forEach(bytes::put);
        bytes.flip();
        // What was being written when power was lost may be there in part.
        if (bytes.limit() > 8
                && random.nextInt(4) == 0
                && Arrays.equals(last(entries), new byte[last(entries).length])) {
            bytes.limit(bytes.limit() - random.nextInt(8));
        }
        journal.setLength(0);
        journal.seek(0);
        journal.write(bytes.array(), 0, bytes.limit());
    }

    private static byte[] last(List<byte[]> entries) {
        return entries.get(entries.size() - 1);
    }

    @Test
    void whateverReachesTheDeviceAllOrNothingIsFound() throws IOException {
        int seeds = FULL ? 60 : 6;
        for (int seed = 0; seed < seeds; seed++) {
            List<Step> steps = record(seed);
            assertThat(violations(steps, acknowledged(steps), DRAWN, 3))
                    .as("seed %d", seed)
                    .isEmpty();
        }
        assertThat(states).isGreaterThanOrEqualTo(FULL ? 100_000 : 10_000);
        System.out.printf("%,d states after a loss of power: all or nothing%n", states);
    }

    @Test
    void eachWaitForTheDeviceIsNeeded() throws IOException {
        int leftOut = 0;
        // In batches that change enough: one that only creates files, say, can be undone without its stage.
        for (int seed = 0; seed < (FULL ? 3 : 2); seed++) {
            List<Step> steps = record(seed);
            int acknowledged = acknowledged(steps);
            for (int i = 0; i < acknowledged; i++) {
                if (steps.get(i).isForce() && !steps.get(i).text().equals(Recorder.EMPTY)) {
                    List<Step> without = new ArrayList<>(steps);
                    without.remove(i);
                    assertThat(violations(without, acknowledged - 1, DRAWN_TO_FIND, 1))
                            .as(
                                    "seed %d without step %d, %s",
                                    seed, i, steps.get(i).text())
                            .isNotEmpty();
                    leftOut++;
                }
            }
        }
        assertThat(leftOut).isGreaterThanOrEqualTo(20);
        System.out.printf("%d waits left out, one at a time: each was missed (%,d states)%n", leftOut, states);
    }
}
