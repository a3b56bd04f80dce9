package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.fs.RecoveryReport.Action;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Atomic batches that fail in the middle on a host that does not let them be taken back either. */
class FailedUndoTest {
    private static final FileSyscall<?>[] BATCH = {
        write("/w/x", "after"), new MoveFile("/w/d", "/w/e"), new DeleteFile("/w/gone"), write("/w/new", "new")
    };

    @TempDir(factory = FastDisk.class)
    private Path host;

    private Path root;
    private Map<String, String> before;
    private boolean broken;

    @BeforeEach
    void prepare() throws IOException {
        root = Files.createDirectories(host.resolve("root"));
        Files.createDirectory(root.resolve("d"));
        for (String name : List.of("x", "d/f", "gone", "beside")) {
            Files.writeString(root.resolve(name), "content of " + name);
        }
        before = Scenario.snapshot(root);
    }

    private static WriteFile write(String path, String content) {
        return new WriteFile(path, content.getBytes(UTF_8));
    }

    /** A host that breaks at the commit, or at a rename before that: from then on nothing can be renamed or linked. */
    private FileOperations breaking(int renames) {
        int[] left = {renames};
        boolean[] met = {false};
        return LookingOperations.of((operation, arguments) -> {
            boolean rename = operation.equals("rename");
            boolean commit = LookingOperations.isRecord('C', operation, arguments);
            if (!met[0] && (commit || (rename && left[0]-- == 0))) {
                met[0] = true;
                broken = true;
                throw new IOException("Input/output error");
            }
            if (broken && (rename || operation.equals("link"))) {
                throw new IOException("Input/output error");
            }
        });
    }

    private Transactions open(FileOperations operations) {
        return Transactions.open(host.resolve("journal"), host.resolve("scratch"), Set.of(), operations);
    }

    private static void run(Transactions transactions, FileTree tree, FileSyscall<?>... calls) {
        transactions.run(call(), false, transaction -> {
            for (FileSyscall<?> change : calls) {
                transaction.plan(call(), tree, change);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 99})
    void aBatchThatCannotBeTakenBackIsInDoubtUntilTheNextStart(int renames) throws IOException {
        Transactions transactions = open(breaking(renames));
        FileTree tree = Scenario.open(root, transactions);
        Calls.assertFails(ErrorCode.IN_DOUBT, () -> run(transactions, tree, BATCH));
        assertThat(broken).isTrue();
        assertThat(Scenario.snapshot(root)).isNotEqualTo(before);

        for (String path : List.of("/w/x", "/w/d", "/w/d/f", "/w/e", "/w/e/f", "/w/gone", "/w/new")) {
            Calls.assertFails(ErrorCode.IN_DOUBT, () -> tree.exists(call(), path));
            Calls.assertFails(ErrorCode.IN_DOUBT, () -> tree.writeFile(call(), path, ByteBuffer.allocate(1)));
            Calls.assertFails(ErrorCode.IN_DOUBT, () -> run(transactions, tree, write(path, "by another")));
        }
        broken = false;
        tree.createFile(call(), "/w/plain");
        run(transactions, tree, write("/w/beside", "changed"), new MoveFile("/w/plain", "/w/moved"));
        assertThat(tree.exists(call(), "/w/moved")).isTrue();
        tree.release();
        transactions.close();

        try (Transactions next = open(new HostOperations())) {
            assertThat(next.recovery().transactions())
                    .singleElement()
                    .satisfies(found -> assertThat(found.action()).isEqualTo(Action.UNDONE));
            FileTree again = Scenario.open(root, next);
            assertThat(again.exists(call(), "/w/d/f")).isTrue();
            run(next, again, new DeleteFile("/w/moved"), write("/w/beside", "content of beside"), BATCH[2]);
            run(next, again, write("/w/gone", "content of gone"));
            again.release();
        }
        assertThat(Scenario.snapshot(root)).isEqualTo(before);
        try (Transactions last = open(new HostOperations())) {
            assertThat(last.recovery().transactions()).isEmpty();
        }
    }

    @Test
    void aRecoveryThatCannotTakeItBackEitherLeavesItInDoubtToTheNextOne() throws IOException {
        Transactions transactions = open(breaking(99));
        FileTree tree = Scenario.open(root, transactions);
        Calls.assertFails(ErrorCode.IN_DOUBT, () -> run(transactions, tree, BATCH));
        tree.release();
        transactions.close();
        try (Transactions next = open(breaking(0))) {
            assertThat(next.recovery().transactions())
                    .singleElement()
                    .satisfies(found -> assertThat(found.action()).isEqualTo(Action.IN_DOUBT));
            FileTree again = Scenario.open(root, next);
            Calls.assertFails(ErrorCode.IN_DOUBT, () -> again.exists(call(), "/w/x"));
            assertThat(again.exists(call(), "/w/beside")).isTrue();
            again.release();
        }
        open(new HostOperations()).close();
        assertThat(Scenario.snapshot(root)).isEqualTo(before);
    }
}
