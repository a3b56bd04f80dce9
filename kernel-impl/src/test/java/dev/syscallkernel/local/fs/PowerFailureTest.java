package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.local.fs.Recorder.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Durable batches and the loss of power. What a batch does is recorded; then power is lost in many ways, and a recovery
 * must make all or nothing of each state. To prove that this finds what is wrong, each wait for the device is left out in
 * turn.
 */
@Tag("long")
class PowerFailureTest {
    static final boolean FULL = Boolean.getBoolean("syscallkernel.crash.full");

    /** So many combinations are drawn to find what is wrong. */
    static final int DRAWN_TO_FIND = 200;

    private static final int DRAWN = FULL ? 4000 : 300;

    @TempDir(factory = FastDisk.class)
    private Path host;

    private Model initial = Model.empty();
    private Map<String, String> before = Map.of();
    private Map<String, String> after = Map.of();

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
        return recorder.steps();
    }

    /** From here on the batch counts: its commit has been waited for. */
    private static int acknowledged(List<Step> steps) {
        int commit = 0;
        while (!steps.get(commit).text().equals("append C")) {
            commit++;
        }
        return commit + 2;
    }

    private List<String> violations(
            PowerLosses losses, List<Step> steps, int from, int acknowledged, int drawn, int most) throws IOException {
        return losses.violations(
                steps, from, count -> count >= acknowledged ? Set.of(after) : Set.of(before, after), drawn, most);
    }

    @Test
    void whateverReachesTheDeviceAllOrNothingIsFound() throws IOException {
        int states = 0;
        for (int seed = 0; seed < (FULL ? 60 : 6); seed++) {
            List<Step> steps = record(seed);
            try (PowerLosses losses = new PowerLosses(host, initial)) {
                assertThat(losses.replay(steps)).isEqualTo(after);
                assertThat(violations(losses, steps, 0, acknowledged(steps), DRAWN, 3))
                        .as("seed %d", seed)
                        .isEmpty();
                states += losses.states();
            }
        }
        assertThat(states).isGreaterThanOrEqualTo(FULL ? 100_000 : 10_000);
        System.out.printf("%,d states after a loss of power: all or nothing%n", states);
    }

    @Test
    void eachWaitForTheDeviceIsNeeded() throws IOException {
        int leftOut = 0;
        int states = 0;
        // In batches that change enough: one that only creates files, say, can be undone without its stage.
        for (int seed = 0; seed < (FULL ? 3 : 2); seed++) {
            List<Step> steps = record(seed);
            int acknowledged = acknowledged(steps);
            try (PowerLosses losses = new PowerLosses(host, initial)) {
                for (int i = 0; i < steps.size(); i++) {
                    if (steps.get(i).isForce() && !steps.get(i).text().equals(Recorder.EMPTY)) {
                        List<Step> without = new ArrayList<>(steps);
                        without.set(i, steps.get(i).forgotten());
                        assertThat(violations(losses, without, i, acknowledged, DRAWN_TO_FIND, 1))
                                .as(
                                        "seed %d without step %d, %s",
                                        seed, i, steps.get(i).text())
                                .isNotEmpty();
                        leftOut++;
                    }
                }
                states += losses.states();
            }
        }
        assertThat(leftOut).isGreaterThanOrEqualTo(22);
        System.out.printf("%d waits left out, one at a time: each was missed (%,d states)%n", leftOut, states);
    }
}
