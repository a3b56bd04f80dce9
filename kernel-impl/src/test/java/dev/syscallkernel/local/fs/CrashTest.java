package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.local.fs.Failpoints.Death;
import dev.syscallkernel.local.fs.Failpoints.Fault;
import dev.syscallkernel.local.fs.RecoveryReport.Action;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Atomic batches that end at each of their operations on the host, by an error or by the death of the kernel: afterwards
 * all of the batch is there, or nothing.
 */
@Tag("long")
class CrashTest {
    private static final boolean FULL = Boolean.getBoolean("syscallkernel.crash.full");

    @TempDir(factory = FastDisk.class)
    private Path host;

    private Scenario scenario = new Scenario(0);
    private List<FileSyscall<?>> calls = List.of();
    private Map<String, String> before = Map.of();
    private Map<String, String> after = Map.of();

    /** How a batch ended. */
    private enum End {
        DONE,
        REFUSED,
        IN_DOUBT,
        DEAD
    }

    private void choose(int seed) throws IOException {
        scenario = new Scenario(seed);
        scenario.prepare(host.resolve("trial"));
        before = Scenario.snapshot(host.resolve("trial"));
        calls = scenario.calls(host.resolve("trial"));
        after = Scenario.snapshot(host.resolve("trial"));
    }

    private Path root() {
        return host.resolve("root");
    }

    private Path journal() {
        return host.resolve("journal");
    }

    private void prepare() throws IOException {
        Scenario.remove(root());
        Files.deleteIfExists(journal());
        scenario.prepare(root());
    }

    private Transactions open(FileOperations operations) {
        return Transactions.open(journal(), host.resolve("scratch"), Set.of(), operations);
    }

    private End run(boolean durable, Failpoints points) {
        Transactions transactions = null;
        try {
            transactions = open(points);
            Scenario.run(transactions, root(), durable, calls);
            return End.DONE;
        } catch (SyscallException failure) {
            return failure.code() == ErrorCode.IN_DOUBT ? End.IN_DOUBT : End.REFUSED;
        } catch (Death death) {
            return End.DEAD;
        } finally {
            close(transactions);
        }
    }

    private static void close(@Nullable Transactions transactions) {
        try {
            if (transactions != null) {
                transactions.close();
            }
        } catch (Death death) {
            assertThat(death).isNotNull(); // It has died already.
        }
    }

    /** Starts a kernel that dies at an operation of its recovery. Answers whether it did. */
    private boolean dieInRecovery(int at, Fault fault) {
        try {
            open(new Failpoints(at, fault)).close();
            return false;
        } catch (Death death) {
            return true;
        }
    }

    private RecoveryReport recover() {
        try (Transactions transactions = open(new HostOperations())) {
            return transactions.recovery();
        }
    }

    private void assertWhole(String what, boolean acknowledged) throws IOException {
        Map<String, String> now = Scenario.snapshot(root());
        if (acknowledged) {
            assertThat(now).as(what).isEqualTo(after);
        } else {
            assertThat(now.equals(before) || now.equals(after))
                    .as("%s: neither before nor after: %s", what, now)
                    .isTrue();
        }
    }

    private int countOperations(boolean durable) throws IOException {
        prepare();
        Failpoints none = Failpoints.none();
        assertThat(run(durable, none)).isEqualTo(End.DONE);
        assertThat(Scenario.snapshot(root())).isEqualTo(after);
        return none.count();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKernelThatDiesAtAnyOperationLeavesAllOrNothing(boolean durable) throws IOException {
        int cases = 0;
        int seeds = FULL ? 40 : 3;
        for (int seed = 0; seed < seeds; seed++) {
            choose(seed);
            int operations = countOperations(durable);
            for (int at = 1; at <= operations; at++) {
                for (Fault fault : List.of(Fault.DIE_BEFORE, Fault.DIE_AFTER)) {
                    prepare();
                    End end = run(durable, new Failpoints(at, fault));
                    RecoveryReport report = recover();
                    String what = "seed " + seed + ", " + fault + " " + at + " of " + operations;
                    assertThat(report.transactions())
                            .as(what)
                            .noneMatch(transaction -> transaction.action() == Action.IN_DOUBT);
                    assertWhole(what, end == End.DONE);
                    assertThat(recover().transactions()).as(what).isEmpty();
                    assertWhole(what, end == End.DONE);
                    cases++;
                }
            }
            Scenario.remove(host.resolve("trial"));
        }
        System.out.printf("%d deaths, durable %s: all or nothing%n", cases, durable);
    }

    @Test
    void aKernelThatDiesAgainInItsRecoveryLeavesAllOrNothing() throws IOException {
        int cases = 0;
        for (int seed = 0; seed < (FULL ? 12 : 2); seed++) {
            choose(seed);
            int operations = countOperations(false);
            for (int at = 1; at <= operations; at += FULL ? 1 : 3) {
                boolean died = true;
                for (int again = 1; died; again++) {
                    prepare();
                    End end = run(false, new Failpoints(at, Fault.DIE_AFTER));
                    died = dieInRecovery(again, again % 2 == 0 ? Fault.DIE_AFTER : Fault.DIE_BEFORE);
                    assertThat(recover().transactions())
                            .noneMatch(transaction -> transaction.action() == Action.IN_DOUBT);
                    assertWhole("seed " + seed + ", died at " + at + " and again at " + again, end == End.DONE);
                    cases++;
                }
            }
            Scenario.remove(host.resolve("trial"));
        }
        System.out.printf("%d deaths within the recovery: all or nothing%n", cases);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorAtAnyOperationTakesTheBatchBack(boolean durable) throws IOException {
        int cases = 0;
        for (int seed = 0; seed < (FULL ? 40 : 2); seed++) {
            choose(seed);
            int operations = countOperations(durable);
            for (int at = 1; at <= operations; at++) {
                for (Fault fault : List.of(Fault.THROW, Fault.NO_SPACE)) {
                    prepare();
                    Failpoints points = new Failpoints(at, fault);
                    End end = run(durable, points);
                    String what = "seed " + seed + ", " + fault + " at " + at + " of " + operations + ": " + end;
                    if (end == End.REFUSED) {
                        Map<String, String> now = Scenario.snapshot(root());
                        now.keySet().removeIf(name -> name.startsWith(".sk-") && points.wasForce());
                        assertThat(now).as(what).isEqualTo(before);
                    }
                    if (end == End.IN_DOUBT) {
                        assertThat(points.wasForce()).as(what).isTrue();
                    }
                    recover();
                    assertWhole(what, end == End.DONE);
                    cases++;
                }
            }
            Scenario.remove(host.resolve("trial"));
        }
        System.out.printf("%d errors, durable %s: all or nothing%n", cases, durable);
    }

    @Test
    void whatMatchesNeitherBeforeNorAfterIsLeftAloneAndOutOfUse() throws IOException {
        choose(0);
        int operations = countOperations(false);
        boolean met = false;
        for (int at = operations; at >= 1 && !met; at--) {
            prepare();
            run(false, new Failpoints(at, Fault.DIE_BEFORE));
            if (Files.readString(root().resolve("replaced")).equals("after") && Files.exists(stage())) {
                Path stranger = Files.writeString(host.resolve("stranger"), "a stranger's");
                Files.move(stranger, root().resolve("replaced"), StandardCopyOption.REPLACE_EXISTING);
                try (Transactions transactions = open(new HostOperations())) {
                    if (transactions.recovery().transactions().get(0).action() != Action.IN_DOUBT) {
                        continue; // It had been committed.
                    }
                    met = true;
                    FileTree tree = Scenario.open(root(), transactions);
                    Calls.assertFails(ErrorCode.IN_DOUBT, () -> tree.readFile(Calls.call(), "/w/replaced"));
                    Calls.assertFails(ErrorCode.IN_DOUBT, () -> tree.deleteFile(Calls.call(), "/w/replaced"));
                    assertThat(tree.exists(Calls.call(), "/w/untouched")).isTrue();
                    tree.release();
                }
                assertThat(root().resolve("replaced")).hasContent("a stranger's");
                assertThat(stage()).exists();
            }
        }
        assertThat(met).isTrue();
    }

    @Test
    void aDiskThatFillsUpInTheMiddleTakesTheBatchBack() throws Exception {
        Path small = Files.createDirectory(host.resolve("small"));
        Assumptions.assumeTrue(
                succeeds("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small.toString()),
                "skipped: this test needs the right to mount a small file system");
        try (Transactions transactions = open(new HostOperations())) {
            FileTree tree = Scenario.open(small, transactions);
            tree.writeFile(Calls.call(), "/w/kept", ByteBuffer.wrap(new byte[1000]));
            Map<String, String> full = Scenario.snapshot(small);
            Calls.assertFails(
                    ErrorCode.NO_SPACE,
                    () -> transactions.run(Calls.call(), false, transaction -> {
                        transaction.plan(Calls.call(), tree, new FileSyscall.WriteFile("/w/kept", new byte[10]));
                        for (int i = 0; i < 20; i++) {
                            transaction.plan(
                                    Calls.call(), tree, new FileSyscall.WriteFile("/w/f" + i, new byte[40_000]));
                        }
                    }));
            assertThat(Scenario.snapshot(small)).isEqualTo(full);
            tree.writeFile(Calls.call(), "/w/kept", ByteBuffer.wrap(new byte[100_000]));
            tree.release();
        } finally {
            assertThat(succeeds("umount", "-l", small.toString())).isTrue();
        }
    }

    private static boolean succeeds(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    private Path stage() throws IOException {
        try (var entries = Files.list(root())) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith(".sk-txn-"))
                    .findFirst()
                    .orElse(root().resolve("none"));
        }
    }
}
