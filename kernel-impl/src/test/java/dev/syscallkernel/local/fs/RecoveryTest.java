package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.fs.Failpoints.Death;
import dev.syscallkernel.local.fs.Failpoints.Fault;
import dev.syscallkernel.local.fs.RecoveryReport.Action;
import dev.syscallkernel.local.fs.RecoveryReport.Recovered;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kernel finds of the batches of another one, when somebody else has been there meanwhile. */
class RecoveryTest {
    @TempDir(factory = FastDisk.class)
    private Path host;

    private Path root;

    @BeforeEach
    void prepare() throws IOException {
        root = Files.createDirectory(host.resolve("root"));
    }

    /** A host on which the kernel dies when all is done but the commit. */
    private static FileOperations dyingBeforeCommit() {
        boolean[] dead = new boolean[1];
        return LookingOperations.of((operation, arguments) -> {
            dead[0] |= LookingOperations.isRecord('C', operation, arguments);
            if (dead[0]) {
                throw new Death();
            }
        });
    }

    private Transactions open(FileOperations operations, String... accepted) {
        return Transactions.open(host.resolve("journal"), host.resolve("scratch"), Set.of(accepted), operations);
    }

    private FileTree tree(Transactions transactions, Map<String, Path> mounts) {
        List<Mount> all = new ArrayList<>();
        mounts.forEach((path, directory) -> all.add(new Mount.HostDirectory(path, directory, Access.READ_WRITE)));
        return FileTree.open(all, host.resolve("scratch"), transactions);
    }

    private static void run(Transactions transactions, FileTree tree, boolean durable, FileSyscall<?>... calls) {
        transactions.run(call(), durable, transaction -> {
            for (FileSyscall<?> change : calls) {
                transaction.plan(call(), tree, change);
            }
        });
    }

    private void dieBeforeCommit(Map<String, Path> mounts, FileSyscall<?>... calls) {
        Transactions transactions = open(dyingBeforeCommit());
        FileTree tree = tree(transactions, mounts);
        try {
            run(transactions, tree, false, calls);
            throw new AssertionError("it lives");
        } catch (Death death) {
            tree.release();
        }
    }

    private List<Recovered> recover(String... accepted) {
        try (Transactions transactions = open(new HostOperations(), accepted)) {
            return transactions.recovery().transactions();
        }
    }

    private static WriteFile write(String path, String content) {
        return new WriteFile(path, content.getBytes(UTF_8));
    }

    private void file(String name, String content) throws IOException {
        Path path = root.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }

    private void replaceByAStranger(String name) throws IOException {
        Path stranger = Files.writeString(host.resolve("stranger"), "a stranger's");
        Files.move(stranger, root.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private List<String> kept() throws IOException {
        try (Stream<Path> names = Files.list(root)) {
            return names.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("recovered-"))
                    .toList();
        }
    }

    @Test
    void aBatchThatWouldMoveAMountIsRefusedBeforeAnythingIsWritten() throws IOException {
        file("sub/f", "1");
        Map<String, String> before = Scenario.snapshot(root);
        try (Transactions transactions = open(new HostOperations())) {
            FileTree tree = tree(transactions, Map.of("/w", root, "/m", root.resolve("sub")));
            Calls.assertFails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> run(transactions, tree, false, new MoveFile("/w/sub", "/w/other")));
            Calls.assertFails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> run(
                            transactions,
                            tree,
                            false,
                            new DeleteFile("/m/f"),
                            new FileSyscall.RemoveDirectory("/w/sub")));
            assertThat(Scenario.snapshot(root)).isEqualTo(before);
            run(transactions, tree, false, write("/m/f", "2"));
            tree.release();
        }
        assertThat(recover()).isEmpty();
        assertThat(root.resolve("sub/f")).hasContent("2");
    }

    @Test
    void aBatchThatWouldMoveWhatIsAboveAMountThatItChangesIsRefused() throws IOException {
        file("a/sub/f", "1");
        Map<String, String> before = Scenario.snapshot(root);
        try (Transactions transactions = open(new HostOperations())) {
            FileTree tree = tree(transactions, Map.of("/w", root, "/m", root.resolve("a/sub")));
            Calls.assertFails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> run(transactions, tree, false, write("/m/f", "2"), new MoveFile("/w/a", "/w/b")));
            assertThat(Scenario.snapshot(root)).isEqualTo(before);
            run(transactions, tree, false, new MoveFile("/w/a", "/w/b"));
            tree.release();
        }
        assertThat(root.resolve("b/sub/f")).hasContent("1");
        assertThat(recover()).isEmpty();
    }

    @Test
    void whatWasUndoneOnceIsNotUndoneAgainAtTheNextStart() throws IOException {
        file("x", "1");
        file("y", "1");
        dieBeforeCommit(Map.of("/w", root), write("/w/x", "2"), write("/w/y", "2"));
        replaceByAStranger("x");
        try (Transactions transactions = open(new HostOperations())) {
            assertThat(transactions.recovery().transactions())
                    .singleElement()
                    .satisfies(found -> assertThat(found.paths()).containsExactly(root.resolve("x")));
            FileTree tree = tree(transactions, Map.of("/w", root));
            assertThat(root.resolve("y")).hasContent("1");
            run(transactions, tree, true, write("/w/y", "2"));
            tree.release();
        }
        assertThat(recover())
                .singleElement()
                .satisfies(found -> assertThat(found.action()).isEqualTo(Action.IN_DOUBT));
        assertThat(root.resolve("y")).hasContent("2");
        assertThat(root.resolve("x")).hasContent("a stranger's");
    }

    @Test
    void anAcceptedBatchIsForgottenAndNothingIsLost() throws IOException {
        file("d/f", "only here");
        file("x", "1");
        dieBeforeCommit(Map.of("/w", root), new MoveFile("/w/d", "/w/e"), write("/w/x", "2"));
        file("d/stranger", "s");
        Recovered doubt = recover().get(0);
        assertThat(doubt.action()).isEqualTo(Action.IN_DOUBT);
        assertThat(recover(doubt.id()))
                .singleElement()
                .satisfies(found -> assertThat(found.action()).isEqualTo(Action.ACCEPTED));
        assertThat(root.resolve("d/stranger")).hasContent("s");
        assertThat(root.resolve("x")).hasContent("1");
        assertThat(kept()).hasSize(1);
        try (Stream<Path> files = Files.walk(root.resolve(kept().get(0)))) {
            assertThat(files.filter(Files::isRegularFile))
                    .anySatisfy(file -> assertThat(file).hasContent("only here"));
        }
        assertThat(recover()).isEmpty();
    }

    @Test
    void acceptingIsRecordedBeforeAnythingIsRemoved() throws IOException {
        file("x", "1");
        dieBeforeCommit(Map.of("/w", root), write("/w/x", "2"));
        replaceByAStranger("x");
        String id = recover().get(0).id();
        boolean[] recorded = new boolean[2]; // and then on the device
        FileOperations operations = LookingOperations.of((operation, arguments) -> {
            if (recorded[1]) {
                throw new Death();
            }
            if (recorded[0]) {
                assertThat(operation).isEqualTo("forceJournal");
                recorded[1] = true;
            }
            recorded[0] |= LookingOperations.isRecord('C', operation, arguments);
        });
        try {
            open(operations, id).close();
            throw new AssertionError("it lives");
        } catch (Death death) {
            assertThat(recorded[1]).isTrue();
        }
        assertThat(recover()).allSatisfy(found -> assertThat(found.action()).isEqualTo(Action.COMPLETE));
        assertThat(root.resolve("x")).hasContent("a stranger's");
        assertThat(recover()).isEmpty();
    }

    @Test
    void whatOthersPutIntoANewDirectoryStays() throws IOException {
        dieBeforeCommit(Map.of("/w", root), new CreateDirectory("/w/n"), write("/w/n/f", "new"));
        file("n/stranger", "s");
        assertThat(recover().get(0).action()).isEqualTo(Action.IN_DOUBT);
        assertThat(root.resolve("n/stranger")).hasContent("s");
        assertThat(root.resolve("n/f")).doesNotExist();
        Files.delete(root.resolve("n/stranger"));
        assertThat(recover().get(0).action()).isEqualTo(Action.UNDONE);
        assertThat(root).isEmptyDirectory();
        assertThat(recover()).isEmpty();
    }

    @Test
    void whatOthersWroteToANewFileStays() throws IOException {
        file("old", "1");
        dieBeforeCommit(Map.of("/w", root), write("/w/new", "new"), write("/w/old", "2"));
        Files.writeString(root.resolve("new"), " and more", StandardOpenOption.APPEND);
        Files.writeString(root.resolve("old"), "3"); // as long as before: only its content tells
        assertThat(recover().get(0).paths()).containsExactlyInAnyOrder(root.resolve("new"), root.resolve("old"));
        assertThat(root.resolve("new")).hasContent("new and more");
        assertThat(root.resolve("old")).hasContent("3");
    }

    /** Nothing but the time of the write tells: such a file has no digest, and can even have the inode of the new one. */
    @Test
    void whatOthersWroteToALargeNewFileStays() throws IOException {
        String old = "1".repeat(3 << 20);
        file("old", old);
        file("undone", old);
        String large = "2".repeat(3 << 20);
        dieBeforeCommit(
                Map.of("/w", root),
                write("/w/new", large),
                write("/w/old", large),
                write("/w/undone", large),
                write("/w/removed", large));
        for (String name : List.of("new", "old")) {
            Path file = root.resolve(name);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap("a stranger's".getBytes(UTF_8)));
            }
            FileTime written = Files.getLastModifiedTime(file);
            Files.setLastModifiedTime(file, FileTime.from(written.toInstant().plusNanos(1)));
        }
        Recovered found = recover().get(0);
        assertThat(found.action()).isEqualTo(Action.IN_DOUBT);
        assertThat(found.paths()).containsExactlyInAnyOrder(root.resolve("new"), root.resolve("old"));
        for (String name : List.of("new", "old")) {
            assertThat(Files.readString(root.resolve(name)))
                    .startsWith("a stranger's")
                    .hasSize(large.length());
        }
        assertThat(root.resolve("undone")).hasContent(old);
        assertThat(root.resolve("removed")).doesNotExist();
    }

    @Test
    void aKernelStartsWhateverTheJournalSays() throws IOException {
        Path file = host.resolve("journal");
        try (Journal journal = new Journal(new HostOperations(), file, HostOperations.openJournal(file))) {
            journal.stage("strange", root, false);
            journal.append(JournalEntry.Type.PREPARED, "strange", new byte[] {0, 0, 0, 9, 1}, true);
        }
        try (Transactions transactions = open(new HostOperations())) {
            assertThat(transactions.recovery().transactions())
                    .containsExactly(new Recovered("strange", Action.IN_DOUBT, List.of(root)));
            FileTree tree = tree(transactions, Map.of("/w", root));
            Calls.assertFails(ErrorCode.IN_DOUBT, () -> tree.exists(call(), "/w/f"));
            tree.release();
        }
        assertThat(recover("strange")).containsExactly(new Recovered("strange", Action.ACCEPTED, List.of(root)));
        assertThat(recover()).isEmpty();
    }

    @Test
    void whatHasEndedNeedNotBeUnderstood() throws IOException {
        Path file = host.resolve("journal");
        Path stage = Files.createDirectory(root.resolve(".sk-txn-ended"));
        try (Journal journal = new Journal(new HostOperations(), file, HostOperations.openJournal(file))) {
            journal.stage("ended", root, false);
            journal.append(JournalEntry.Type.PREPARED, "ended", new byte[] {0, 0, 0, 9, 1}, false);
            journal.append(JournalEntry.Type.COMMIT, "ended", new byte[0], true);
        }
        assertThat(recover()).containsExactly(new Recovered("ended", Action.COMPLETE, List.of(root)));
        assertThat(stage).doesNotExist();
        assertThat(recover()).isEmpty();
    }

    @Test
    void whatWasInAScratchDirectoryIsMissedByNobody() throws IOException {
        Path scratch = Files.createDirectories(host.resolve("scratch/scratch-1"));
        dieBeforeCommit(Map.of("/w", root, "/tmp", scratch), write("/w/a", "1"), write("/tmp/b", "2"));
        Scenario.remove(host.resolve("scratch"));
        assertThat(recover().get(0).action()).isEqualTo(Action.UNDONE);
        assertThat(root).isEmptyDirectory();
        assertThat(recover()).isEmpty();
    }

    @Test
    void aJournalInUseIsWrittenAnewWithoutWhatIsOver() throws IOException {
        Path file = host.resolve("journal");
        Journal journal = new Journal(new HostOperations(), file, HostOperations.openJournal(file));
        journal.append(JournalEntry.Type.PREPARED, "lasting", new byte[1000], false);
        for (int i = 0; i < 3000; i++) {
            journal.append(JournalEntry.Type.PREPARED, "t" + i, new byte[1000], false);
            journal.append(JournalEntry.Type.COMMIT, "t" + i, new byte[0], false);
            journal.forget("t" + i);
        }
        assertThat(Files.size(file)).isLessThan(512 << 10);
        journal.append(JournalEntry.Type.COMMIT, "lasting", new byte[0], true);
        List<JournalEntry> found = new ArrayList<>();
        new Journal(new HostOperations(), file, HostOperations.openJournal(file)).load(found::add);
        assertThat(found)
                .filteredOn(entry -> entry.transaction().equals("lasting"))
                .hasSize(2);
        journal.close();
    }

    @Test
    void theSpaceForTheEndOfABatchIsReservedWithItsPlan() throws IOException {
        file("x", "1");
        long[] prepared = new long[1];
        FileOperations operations = LookingOperations.of((operation, arguments) -> {
            if (LookingOperations.isRecord('C', operation, arguments)) {
                prepared[0] = Files.size(host.resolve("journal"));
                assertThat((long) arguments[1] + ((ByteBuffer) arguments[2]).remaining() + (int) arguments[3])
                        .isLessThanOrEqualTo(prepared[0]);
                throw new IOException("Input/output error");
            }
            if (LookingOperations.isRecord('A', operation, arguments)) {
                assertThat((long) arguments[1] + ((ByteBuffer) arguments[2]).remaining())
                        .isLessThanOrEqualTo(prepared[0]);
            }
        });
        try (Transactions transactions = open(operations)) {
            FileTree tree = tree(transactions, Map.of("/w", root));
            Calls.assertFails(ErrorCode.IO_ERROR, () -> run(transactions, tree, false, write("/w/x", "2")));
            tree.release();
        }
        assertThat(prepared[0]).isPositive();
        assertThat(root.resolve("x")).hasContent("1");
        assertThat(recover()).isEmpty();
    }

    @Test
    void afterAFailedWaitForTheDeviceThereAreNoMoreBatches() throws IOException {
        boolean[] failed = new boolean[1];
        FileOperations operations = LookingOperations.of((operation, arguments) -> {
            if (operation.equals("forceFile") && !failed[0]) {
                failed[0] = true;
                throw new IOException("Input/output error");
            }
        });
        try (Transactions transactions = open(operations)) {
            FileTree tree = tree(transactions, Map.of("/w", root));
            Calls.assertFails(ErrorCode.IO_ERROR, () -> run(transactions, tree, true, write("/w/x", "1")));
            SyscallException refused =
                    Calls.assertFails(ErrorCode.UNAVAILABLE, () -> run(transactions, tree, false, write("/w/x", "1")));
            assertThat(refused.reason()).isNotEmpty();
            tree.release();
        }
        assertThat(recover()).isEmpty();
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void nobodyElseLooksIntoAStage() throws IOException {
        List<String> modes = new ArrayList<>();
        FileOperations operations = LookingOperations.of((operation, arguments) -> {
            if (LookingOperations.isRecord('P', operation, arguments)) {
                try (Stream<Path> names = Files.list(root)) {
                    for (Path stage : names.toList()) {
                        modes.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(stage)));
                    }
                }
            }
        });
        try (Transactions transactions = open(operations)) {
            FileTree tree = tree(transactions, Map.of("/w", root));
            run(transactions, tree, false, write("/w/x", "1"));
            tree.release();
        }
        assertThat(modes).containsExactly("rwx------");
    }

    @Test
    void anInterruptedThreadDoesNotCloseTheJournal() throws IOException {
        try (Transactions transactions = open(new HostOperations())) {
            FileTree tree = tree(transactions, Map.of("/w", root));
            Thread.currentThread().interrupt();
            try {
                run(transactions, tree, false, new CreateDirectory("/w/d"));
            } catch (SyscallException interrupted) {
                assertThat(interrupted.code()).isNotEqualTo(ErrorCode.IN_DOUBT);
            }
            assertThat(Thread.interrupted()).isTrue();
            run(transactions, tree, true, new CreateDirectory("/w/e"));
            tree.release();
        }
        assertThat(root.resolve("e")).isDirectory();
    }

    @Test
    void aKernelThatDiesAtAnyOperationLeavesAllOrNothingInTwoMounts() throws IOException {
        Path other = host.resolve("other");
        int operations = Integer.MAX_VALUE;
        int deaths = 0;
        for (int at = 1; at <= operations; at++) {
            for (Fault fault : List.of(Fault.DIE_BEFORE, Fault.DIE_AFTER)) {
                Scenario.remove(root);
                Scenario.remove(other);
                Files.deleteIfExists(host.resolve("journal"));
                Files.createDirectories(root);
                Files.createDirectories(other);
                file("a", "1");
                Files.writeString(other.resolve("b"), "1");
                Failpoints points = new Failpoints(at, fault);
                boolean died = dies(points, other);
                operations = died ? operations : at - 1;
                deaths += died ? 1 : 0;
                assertThat(recover()).noneMatch(found -> found.action() == Action.IN_DOUBT);
                boolean all = Files.exists(other.resolve("a"));
                assertThat(Scenario.snapshot(root).keySet()).isEqualTo(all ? Set.of("n") : Set.of("a"));
                assertThat(other.resolve("b")).hasContent(all ? "2" : "1");
            }
        }
        assertThat(deaths).isGreaterThan(40);
    }

    private boolean dies(Failpoints points, Path other) {
        Transactions transactions = null;
        try {
            transactions = open(points);
            FileTree tree = tree(transactions, Map.of("/w", root, "/o", other));
            run(transactions, tree, true, new MoveFile("/w/a", "/o/a"), write("/w/n", "new"), write("/o/b", "2"));
            tree.release();
            transactions.close();
            return false;
        } catch (Death death) {
            return true;
        }
    }
}
