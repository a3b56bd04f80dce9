package dev.syscallkernel.local.fs;

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
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Loses power after each of some recorded steps. Of those that nobody had waited for, any may have reached the device and
 * any may not. Then a recovery is tried on each of these states.
 */
final class PowerLosses implements AutoCloseable {
    /** What a name is called that may be left over, because its file had not got its last name yet. */
    static final String UNNAMED = "unnamed";

    /** Under which what is in doubt stands among what is found. */
    private static final String IN_DOUBT = "in doubt";

    /** So many operations in doubt are tried in all combinations; of more, some combinations are drawn. */
    private static final int ALL_COMBINATIONS = 6;

    private final Path host;
    private final Model initial;
    private final RandomAccessFile journal;
    private final Random random = new Random(42);
    private int states;

    /**
     * @param host a directory for the file of a journal
     * @param initial what there was before the first step
     */
    PowerLosses(Path host, Model initial) throws IOException {
        this.host = host;
        this.initial = initial;
        this.journal = new RandomAccessFile(host.resolve("replayed").toFile(), "rw");
    }

    /** How many states have been tried. */
    int states() {
        return states;
    }

    /** What there is after all steps, if all reach the device. */
    Map<String, String> replay(List<Step> steps) {
        return replay(steps, steps.size(), all(steps.size())).snapshot();
    }

    /** Whether a wait is for something that may not have reached the device. */
    static boolean isOfUse(List<Step> steps, int wait) {
        return uncertain(steps, wait).stream()
                .anyMatch(step ->
                        steps.get(step).concerns().containsAll(steps.get(wait).concerns()));
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

    /**
     * Loses power in all ways from a step on.
     *
     * @param allowed what may be found after so many steps
     */
    List<String> violations(
            List<Step> steps, int from, IntFunction<Set<Map<String, String>>> allowed, int drawn, int most)
            throws IOException {
        List<String> violations = new ArrayList<>();
        for (int count = from; count <= steps.size() && violations.size() < most; count++) {
            List<Integer> uncertain = uncertain(steps, count);
            boolean all = uncertain.size() <= ALL_COMBINATIONS;
            int combinations = all ? 1 << uncertain.size() : drawn;
            for (int i = 0; i < combinations && violations.size() < most; i++) {
                BitSet kept = all(count);
                for (int bit = 0; bit < uncertain.size(); bit++) {
                    kept.set(uncertain.get(bit), isKept(i, bit, uncertain.size(), all));
                }
                keepOrder(steps, count, kept);
                String wrong = check(steps, count, kept, allowed.apply(count));
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
    private @Nullable String check(List<Step> steps, int count, BitSet kept, Set<Map<String, String>> allowed)
            throws IOException {
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
        Map<String, String> now = found(model.snapshot(), report);
        return allowed.contains(now) ? null : "not one of " + allowed.size() + " states: " + now;
    }

    /** What a recovery leaves. Of a batch in doubt also its stage, with second names of files: those do not count. */
    static Map<String, String> found(Map<String, String> snapshot, RecoveryReport report) {
        Map<String, String> found = new TreeMap<>(snapshot);
        found.remove(UNNAMED);
        if (report.transactions().stream().anyMatch(transaction -> transaction.action() == Action.IN_DOUBT)) {
            found.keySet().removeIf(HiddenNames::isHidden);
            found.replaceAll((path, file) -> file.replaceFirst(" [0-9]+ ", " "));
            found.put(
                    IN_DOUBT,
                    report.doubts().stream()
                            .map(path -> path.getFileName().toString())
                            .sorted()
                            .toList()
                            .toString());
        }
        return found;
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

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
