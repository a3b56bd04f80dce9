package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.SmallDisk;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.fs.Failpoints.Death;
import dev.syscallkernel.local.fs.Failpoints.Fault;
import dev.syscallkernel.local.fs.RecoveryReport.Action;
import dev.syscallkernel.local.fs.RecoveryReport.Recovered;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Atomic batches in mounts on two devices, between which nothing can be renamed. */
class TwoDevicesTest {
    @TempDir(factory = FastDisk.class)
    private Path host;

    private Path root;
    private Path beneath; // where another device begins in the mount of the first one
    private SmallDisk disk;

    @BeforeEach
    void prepare() throws Exception {
        root = Files.createDirectory(host.resolve("root"));
        beneath = root.resolve("beneath");
        disk = SmallDisk.at(beneath);
        fill();
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            disk.close();
        }
    }

    private Path other() {
        return beneath.resolve("other");
    }

    private void fill() throws IOException {
        Scenario.remove(other());
        Files.createDirectories(root.resolve("d"));
        Files.createDirectory(other());
        for (String name : List.of("a", "b", "d/f", "beneath/x", "beneath/other/y")) {
            Files.writeString(root.resolve(name), "content of " + name);
        }
    }

    private Transactions open(FileOperations operations) {
        return Transactions.open(host.resolve("journal"), host.resolve("scratch"), Set.of(), operations);
    }

    private FileTree tree(Transactions transactions) {
        return FileTree.open(
                List.of(
                        new Mount.HostDirectory("/w", root, Access.READ_WRITE),
                        new Mount.HostDirectory("/o", other(), Access.READ_WRITE)),
                host.resolve("scratch"),
                transactions);
    }

    private void run(FileOperations operations, boolean durable, FileSyscall<?>... calls) {
        Transactions transactions = open(operations);
        FileTree tree = tree(transactions);
        try {
            transactions.run(call(), durable, transaction -> {
                for (FileSyscall<?> change : calls) {
                    transaction.plan(call(), tree, change);
                }
            });
        } finally {
            tree.release();
        }
        transactions.close();
    }

    private static WriteFile write(String path) {
        return new WriteFile(path, "new".getBytes(UTF_8));
    }

    private static final FileSyscall<?>[] ACROSS = {
        write("/w/b"),
        new MoveFile("/w/a", "/o/a"),
        new MoveFile("/w/d", "/o/d"),
        write("/o/d/f"),
        new CopyFile("/o/y", "/w/c"),
        new MoveFile("/o/y", "/w/y"),
        write("/o/y"),
        new CreateDirectory("/w/d")
    };

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void filesAndDirectoriesMoveFromOneMountToTheOther(boolean durable) throws IOException {
        run(new HostOperations(), durable, ACROSS);
        assertAfter();
        assertThat(recover()).isEmpty();
    }

    private void assertAfter() throws IOException {
        Map<String, String> contents = contents();
        assertThat(contents)
                .isEqualTo(Map.of(
                        "b", "new",
                        "c", "content of beneath/other/y",
                        "y", "content of beneath/other/y",
                        "beneath/x", "content of beneath/x",
                        "beneath/other/a", "content of a",
                        "beneath/other/d/f", "new",
                        "beneath/other/y", "new"));
        assertThat(root.resolve("d")).isEmptyDirectory();
    }

    @Test
    void aFailedEntryTakesTheMovesToTheOtherDeviceBack() throws IOException {
        Map<String, String> before = Scenario.snapshot(root);
        List<FileSyscall<?>> calls = new ArrayList<>(List.of(ACROSS));
        calls.add(new DeleteFile("/w/missing"));
        Calls.assertFails(
                ErrorCode.NOT_FOUND, () -> run(new HostOperations(), false, calls.toArray(new FileSyscall<?>[0])));
        assertThat(Scenario.snapshot(root)).isEqualTo(before);
    }

    @Test
    void whatHasNoRoomOnTheOtherDeviceTakesTheBatchBack() throws IOException {
        Files.write(root.resolve("large"), new byte[5 << 20]);
        Map<String, String> before = Scenario.snapshot(root);
        Calls.assertFails(
                ErrorCode.NO_SPACE,
                () -> run(new HostOperations(), false, write("/w/b"), new MoveFile("/w/large", "/o/large")));
        assertThat(Scenario.snapshot(root)).isEqualTo(before);
    }

    /** The stage is in the root of the mount, and nothing can be renamed from there. */
    @Test
    void anotherDeviceBeneathAMountIsRefusedAndNothingIsDone() throws IOException {
        Map<String, String> before = Scenario.snapshot(root);
        for (FileSyscall<?> call : List.<FileSyscall<?>>of(
                write("/w/beneath/x"),
                write("/w/beneath/new"),
                new DeleteFile("/w/beneath/x"),
                new TruncateFile("/w/beneath/x", 1),
                new MoveFile("/w/a", "/w/beneath/a"),
                new MoveFile("/w/d", "/w/beneath/d"),
                new MoveFile("/w/beneath/x", "/w/x"),
                new MoveFile("/w/beneath/x", "/w/beneath/z"),
                new CopyFile("/w/a", "/w/beneath/a"),
                new CreateDirectory("/w/beneath/d"))) {
            SyscallException refusal = Calls.assertFails(
                    ErrorCode.UNSUPPORTED, () -> run(new HostOperations(), false, write("/w/b"), call));
            assertThat(refusal.reason()).contains("another file system").contains("mount it by itself");
            assertThat(Scenario.snapshot(root)).as(call.name()).isEqualTo(before);
        }
        run(new HostOperations(), false, new CopyFile("/w/beneath/x", "/w/x"));
        assertThat(root.resolve("x")).hasContent("content of beneath/x");
    }

    @Test
    void aKernelThatDiesAtAnyOperationLeavesAllOrNothingOnBothDevices() throws IOException {
        Map<String, String> before = contents();
        int deaths = 0;
        boolean died = true;
        for (int at = 1; died; at++) {
            for (Fault fault : List.of(Fault.DIE_BEFORE, Fault.DIE_AFTER)) {
                Scenario.remove(root.resolve("d"));
                for (String name : List.of("c", "y")) {
                    Files.deleteIfExists(root.resolve(name));
                }
                fill();
                died = dies(new Failpoints(at, fault));
                deaths += died ? 1 : 0;
                assertThat(recover()).noneMatch(found -> found.action() == Action.IN_DOUBT);
                if (Files.exists(other().resolve("a"))) {
                    assertAfter();
                } else {
                    assertThat(contents()).isEqualTo(before);
                }
                assertThat(recover()).isEmpty();
            }
        }
        assertThat(deaths).isGreaterThan(60);
    }

    private boolean dies(FileOperations operations) {
        try {
            run(operations, true, ACROSS);
            return false;
        } catch (Death death) {
            return true;
        }
    }

    private List<Recovered> recover() {
        try (Transactions transactions = open(new HostOperations())) {
            return transactions.recovery().transactions();
        }
    }

    /** Of all files, hidden ones too. */
    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(root.relativize(file).toString(), Files.readString(file));
            }
        }
        return contents;
    }
}
