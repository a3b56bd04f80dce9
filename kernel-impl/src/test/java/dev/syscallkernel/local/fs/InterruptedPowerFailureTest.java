package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.local.fs.Failpoints.Death;
import dev.syscallkernel.local.fs.Recorder.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The loss of power while a durable batch is being undone, by its own kernel or by the next one; or later, when somebody
 * has written to one of its files. Each wait for the device in undo and recovery is left out in turn, too.
 */
@Tag("long")
class InterruptedPowerFailureTest {
    /** What somebody writes to later. */
    private static final String REPLACED = "replaced";

    /** What a stranger writes to before the recovery. */
    private static final String DOUBTFUL = "long";

    @TempDir(factory = FastDisk.class)
    private Path host;

    /** How a batch is interrupted, so that it has to be undone or cleaned up after. */
    private enum Interruption {
        /** Its kernel dies when all is done but the commit. */
        DEATH_BEFORE_COMMIT(6),
        /** Its kernel dies in the middle of the changes. */
        DEATH_IN_THE_MIDDLE(6),
        /** Its kernel dies when the commit is written, but perhaps not yet on the device. */
        DEATH_AFTER_COMMIT(2),
        /** Its kernel dies when all is done but the commit, and then a stranger writes to a file: that is in doubt. */
        STRANGER_AFTER_DEATH(1),
        /** The commit fails, and the kernel itself undoes the batch. */
        FAILED_COMMIT(5);

        private final int waits; // that make a difference

        Interruption(int waits) {
            this.waits = waits;
        }

        /** Of a batch in doubt the stage stays, and what is in there does not count: only the record does. */
        private boolean isAbout(Step wait) {
            return this != STRANGER_AFTER_DEATH || wait.concerns().contains(Recorder.JOURNAL);
        }
    }

    /**
     * What was recorded.
     *
     * @param steps those of the batch, of what was done about it, and of the write to one of its files
     * @param interrupted how many there were when the batch was interrupted, and the stranger had written
     * @param ended how many there were when it was undone or cleaned up after, before the write
     * @param before what there was at first, or all that a recovery can make of it
     * @param after what there was when it was undone or cleaned up after
     * @param written what there was after the write
     */
    private record Aftermath(
            List<Step> steps,
            int interrupted,
            int ended,
            Map<String, String> before,
            Map<String, String> after,
            Map<String, String> written) {

        /** What may be found after so many steps. */
        Set<Map<String, String>> allowed(int count) {
            int named = 0;
            while (!steps.get(named).text().equals("rename " + PowerLosses.UNNAMED + " to " + REPLACED)) {
                named++;
            }
            if (count < ended) {
                return after.equals(before) ? Set.of(before) : Set.of(before, after);
            }
            if (count <= named) {
                return Set.of(after);
            }
            return count <= named + 1 ? Set.of(after, written) : Set.of(written);
        }
    }

    /** @param at the number of steps at which the interruption comes */
    private static FileOperations interrupting(Recorder recorder, Interruption interruption, AtomicInteger at) {
        int[] renames = {0};
        boolean[] dead = {false};
        return LookingOperations.of(recorder, (operation, arguments) -> {
            boolean commit = LookingOperations.isRecord('C', operation, arguments);
            int count = recorder.steps().size();
            dead[0] |= switch (interruption) {
                case DEATH_BEFORE_COMMIT, STRANGER_AFTER_DEATH -> commit;
                case DEATH_IN_THE_MIDDLE -> operation.equals("rename") && renames[0]++ == 9;
                case DEATH_AFTER_COMMIT ->
                    count > 0 && recorder.steps().get(count - 1).text().equals("append C");
                case FAILED_COMMIT -> false;
            };
            if (dead[0]) {
                at.compareAndSet(0, count);
                throw new Death();
            }
            if (commit && interruption == Interruption.FAILED_COMMIT && at.compareAndSet(0, count)) {
                throw new IOException("Input/output error");
            }
        });
    }

    private static Transactions open(Path directory, FileOperations operations) {
        return Transactions.open(directory.resolve("journal"), directory.resolve("scratch"), Set.of(), operations);
    }

    private Aftermath record(Path root, Interruption interruption) throws IOException {
        Scenario scenario = new Scenario(0);
        scenario.prepare(host.resolve("trial"));
        List<FileSyscall<?>> calls = scenario.calls(host.resolve("trial"));
        Map<String, String> before = Model.of(root).snapshot();
        Recorder recorder = new Recorder();
        AtomicInteger interrupted = new AtomicInteger();
        Transactions transactions = open(host, interrupting(recorder, interruption, interrupted));
        try {
            Scenario.run(transactions, root, true, calls);
            throw new AssertionError("it was not interrupted");
        } catch (Death death) {
            if (interruption == Interruption.STRANGER_AFTER_DEATH) {
                write(recorder, root, DOUBTFUL);
                interrupted.set(recorder.steps().size());
            }
            transactions = open(host, recorder);
        } catch (SyscallException undone) {
            assertThat(interruption).isEqualTo(Interruption.FAILED_COMMIT);
        }
        RecoveryReport report = transactions.recovery();
        assertThat(report.doubts())
                .isEqualTo(
                        interruption == Interruption.STRANGER_AFTER_DEATH
                                ? List.of(root.resolve(DOUBTFUL))
                                : List.of());
        int ended = recorder.steps().size();
        Map<String, String> after = PowerLosses.found(Model.of(root).snapshot(), report);
        write(recorder, root, REPLACED);
        Map<String, String> written = PowerLosses.found(Model.of(root).snapshot(), report);
        transactions.close();
        return new Aftermath(
                recorder.steps(), interrupted.get(), ended, report.doubts().isEmpty() ? before : after, after, written);
    }

    /** As a writing stream does that forces what it writes. */
    private static void write(FileOperations operations, Path root, String target) throws IOException {
        try (DirectoryHandle directory = DirectoryHandle.of(Directory.open(root))) {
            Name name = Folders.name(PowerLosses.UNNAMED);
            operations
                    .createFile(directory, name, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))
                    .close();
            Files.writeString(root.resolve(PowerLosses.UNNAMED), "by another");
            operations.forceFile(directory, name);
            operations.rename(directory, name, directory, Folders.name(target));
            operations.forceDirectory(directory);
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachWaitForTheDeviceIsNeededAlsoInUndoAndRecovery(Interruption interruption) throws IOException {
        Path root = host.resolve("root");
        new Scenario(0).prepare(root);
        Model initial = Model.of(root);
        Aftermath aftermath = record(root, interruption);
        List<Step> steps = aftermath.steps;
        assertThat(aftermath.after.equals(aftermath.before)).isEqualTo(interruption != Interruption.DEATH_AFTER_COMMIT);
        try (PowerLosses losses = new PowerLosses(host, initial)) {
            int drawn = PowerFailureTest.FULL ? 4000 : 60;
            assertThat(losses.violations(steps, aftermath.interrupted, aftermath::allowed, drawn, 3))
                    .isEmpty();
            int leftOut = 0;
            for (int i = aftermath.interrupted; i < aftermath.ended; i++) {
                if (steps.get(i).isForce() && interruption.isAbout(steps.get(i)) && PowerLosses.isOfUse(steps, i)) {
                    List<Step> without = new ArrayList<>(steps);
                    without.set(i, steps.get(i).forgotten());
                    assertThat(losses.violations(without, i, aftermath::allowed, PowerFailureTest.DRAWN_TO_FIND, 1))
                            .as("without step %d, %s", i, steps.get(i).text())
                            .isNotEmpty();
                    leftOut++;
                }
            }
            assertThat(leftOut).isEqualTo(interruption.waits);
            System.out.printf(
                    "%s: %d waits left out, each was missed (%,d states)%n", interruption, leftOut, losses.states());
        }
    }
}
