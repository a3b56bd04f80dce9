package dev.syscallkernel.local;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.contract.SmallDisk;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the directories of kernels that were killed, and of those that were not. */
@Timeout(60)
class StateDirectoryTest {
    @TempDir
    Path parent;

    @TempDir
    Path elsewhere;

    /** Kernels in another JVM, as far as their directories go. */
    static final class Other {
        private Other() {}

        /** Answers each line: {@code temporary DIR} with the directory that it has then, {@code open DIR} with whether. */
        public static void main(String[] arguments) throws IOException {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Path directory = Path.of(line.substring(line.indexOf(' ') + 1));
                System.out.println(line.startsWith("open") ? open(directory) : temporary(directory));
            }
        }

        private static String temporary(Path in) {
            return requireNonNull(StateDirectory.temporary(in).scratch().getParent())
                    .toString();
        }

        private static boolean open(Path directory) {
            try {
                StateDirectory.open(directory);
                return true;
            } catch (SyscallException inUse) {
                return false;
            }
        }
    }

    private static ChildJvm other() throws IOException {
        return ChildJvm.start(List.of(), Other.class);
    }

    private List<Path> names() throws IOException {
        return names(parent);
    }

    private static List<Path> names(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.sorted().toList();
        }
    }

    /** Leaves a directory as a killed kernel does: locked once, and held by nobody. */
    private Path leave(String name) throws IOException {
        Path left = Files.createDirectories(parent.resolve(".sk-syscallkernel-" + name));
        Files.createFile(left.resolve("lock"));
        return left;
    }

    @Test
    void whatAKilledKernelHasLeftIsRemovedByTheNextOneAndALiveOneKeepsAll() throws Exception {
        try (ChildJvm killed = other();
                ChildJvm alive = other()) {
            Path left = Path.of(killed.ask("temporary " + parent));
            Path deep = Files.createDirectories(left.resolve("scratch/scratch-1/d/e"));
            Path precious = Files.writeString(elsewhere.resolve("precious"), "x");
            Files.createSymbolicLink(deep.resolve("link"), precious);
            Files.createSymbolicLink(left.resolve("scratch/links"), elsewhere);
            Path kept = Path.of(alive.ask("temporary " + parent));
            assertThat(left).as("its kernel lives").isDirectory();
            Path file = Files.createDirectories(kept.resolve("scratch")).resolve("f");
            Files.writeString(file, "x");
            killed.kill();

            StateDirectory next = StateDirectory.temporary(parent);
            assertThat(left).doesNotExist();
            assertThat(precious).hasContent("x");
            assertThat(file).hasContent("x");
            next.close();
            assertThat(names()).containsExactly(kept);
        }
    }

    /** The operating system would give the lock up if this JVM opened and closed the file once more. */
    @Test
    void kernelsOfOneJvmLeaveEachOtherLocked() throws Exception {
        try (ChildJvm other = other()) {
            StateDirectory first = StateDirectory.temporary(parent);
            StateDirectory second = StateDirectory.temporary(parent);
            Path kept = requireNonNull(first.scratch().getParent());
            assertThat(kept).isDirectory();
            other.ask("temporary " + parent);
            assertThat(kept).isDirectory();
            first.close();
            second.close();
            assertThat(kept).doesNotExist();
            assertThat(names()).hasSize(1);
        }
    }

    @Test
    void aStateDirectoryThatWasRefusedInThisJvmIsStillLockedForOthers() throws Exception {
        Path named = parent.resolve("state");
        Path alias = Files.createSymbolicLink(parent.resolve("alias"), named);
        try (ChildJvm other = other()) {
            StateDirectory first = StateDirectory.open(named);
            assertThatThrownBy(() -> StateDirectory.open(named)).hasMessageContaining("another kernel");
            assertThatThrownBy(() -> StateDirectory.open(alias)).hasMessageContaining("another kernel");
            assertThat(other.ask("open " + named)).isEqualTo("false");
            first.close();
            assertThat(other.ask("open " + named)).isEqualTo("true");
            assertThatThrownBy(() -> StateDirectory.open(named)).hasMessageContaining("another kernel");
        }
    }

    /** It knows nothing of this one's table, but has a lock in the same JVM. */
    @Test
    void aKernelOfAnotherClassLoaderKeepsItsLockToo() throws Exception {
        Path named = Files.createDirectory(parent.resolve("state"));
        Path left = leave("others");
        try (ChildJvm other = other()) {
            try (FileChannel first = FileChannel.open(
                            named.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileChannel second = FileChannel.open(left.resolve("lock"), StandardOpenOption.WRITE)) {
                assertThat(first.tryLock()).isNotNull();
                assertThat(second.tryLock()).isNotNull();
                assertThatThrownBy(() -> StateDirectory.open(named)).hasMessageContaining("another kernel");
                StateDirectory.temporary(parent).close();
                assertThat(other.ask("open " + named)).isEqualTo("false");
                other.ask("temporary " + parent);
                assertThat(left).isDirectory();
            }
            StateDirectory.open(named).close();
            StateDirectory.temporary(parent).close();
            assertThat(left).doesNotExist();
        }
    }

    @Test
    void nothingElseIsRemoved() throws IOException {
        Path target = Files.createDirectory(elsewhere.resolve("target"));
        Files.createFile(target.resolve("lock"));
        Files.createSymbolicLink(parent.resolve(".sk-syscallkernel-link"), target);
        Path withLinkedLock = Files.createDirectory(parent.resolve(".sk-syscallkernel-lock"));
        Files.createSymbolicLink(withLinkedLock.resolve("lock"), target.resolve("lock"));
        Files.createDirectory(parent.resolve(".sk-syscallkernel-neverlocked"));
        Files.createFile(parent.resolve(".sk-syscallkernel-file"));
        Files.createDirectory(parent.resolve(".sk-another"));
        Files.createFile(parent.resolve(".sk-another/lock"));
        List<Path> before = names();
        Path left = leave("left");
        StateDirectory.temporary(parent).close();
        assertThat(left).doesNotExist();
        assertThat(names()).isEqualTo(before);
        assertThat(target.resolve("lock")).exists();
    }

    @Test
    void anotherUsersDirectoryIsNotTouchedNotEvenByRoot() throws IOException {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can give a directory away");
        Path left = leave("others");
        Files.setAttribute(left, "unix:uid", 12345);
        StateDirectory.temporary(parent).close();
        assertThat(left.resolve("lock")).exists();
    }

    /** Killed itself while it removed something. */
    @Test
    void aRemovalThatWasInterruptedIsTakenUp() throws IOException {
        Path left = leave("half");
        Files.createDirectories(left.resolve(".sk-tmp-abc-1/d"));
        StateDirectory.temporary(parent).close();
        assertThat(left).doesNotExist();
    }

    /** As long as the lock is there, the next kernel tries again. */
    @Test
    void aRemovalThatFailsLeavesTheLock() throws Exception {
        Path left = leave("busy");
        Path file = Files.createFile(left.resolve("a"));
        try (SmallDisk disk = SmallDisk.at(left.resolve("mounted"))) { // cannot be deleted
            StateDirectory.temporary(parent).close();
            assertThat(left.resolve("lock")).exists();
        }
        StateDirectory.temporary(parent).close();
        assertThat(file).doesNotExist();
        assertThat(left).doesNotExist();
    }

    /** Opened for writing alone, it would wait for a reader. */
    @Test
    void aLockThatIsAPipeHoldsNobodyUp() throws Exception {
        Path left = Files.createDirectory(parent.resolve(".sk-syscallkernel-pipe"));
        Path pipe = left.resolve("lock");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        CompletableFuture<Void> start = CompletableFuture.runAsync(
                () -> StateDirectory.temporary(parent).close());
        try {
            assertThat(start).succeedsWithin(Duration.ofSeconds(20));
        } finally {
            if (!start.isDone()) {
                Files.newInputStream(pipe).close();
            }
        }
    }

    @Test
    void aKernelThatCannotLockItsDirectoryStartsAllTheSameAndSweepsNothing() throws Exception {
        Path small = parent.resolve("small");
        try (SmallDisk disk = SmallDisk.withInodes(small, 4)) { // itself, two directories, and the lock of one
            Path left = Files.createDirectory(small.resolve(".sk-syscallkernel-left"));
            Files.createFile(left.resolve("lock"));
            StateDirectory kernel = StateDirectory.temporary(small);
            Path own = requireNonNull(kernel.scratch().getParent());
            assertThat(own).isEmptyDirectory();
            assertThat(left.resolve("lock")).exists();
            kernel.close();
            assertThat(names(small)).containsExactly(left);
        }
    }

    /** A zip file has no permissions. */
    @Test
    void aTemporaryDirectoryThatCannotBePreparedIsNotLeft() throws IOException {
        try (FileSystem zip = FileSystems.newFileSystem(elsewhere.resolve("z.zip"), Map.of("create", "true"))) {
            Path root = zip.getPath("/");
            assertThatThrownBy(() -> StateDirectory.temporary(root)).isInstanceOf(UnsupportedOperationException.class);
            assertThat(names(root)).isEmpty();
        }
    }

    /** The file that was locked before is another one. */
    @Test
    void aStateDirectoryThatIsMadeAgainIsLockedAnew() throws Exception {
        Path named = Files.createDirectory(parent.resolve("state"));
        try (ChildJvm other = other()) {
            refusedByAnotherClassLoader(named);
            Files.delete(named.resolve("lock"));
            Files.delete(named);
            assertThat(other.ask("open " + named)).isEqualTo("true");
            assertThatThrownBy(() -> StateDirectory.open(named)).hasMessageContaining("another kernel");
        }
    }

    @Test
    void noDescriptorIsKeptForADirectoryThatIsGone() throws IOException {
        Path named = Files.createDirectory(parent.resolve("state"));
        refusedByAnotherClassLoader(named);
        assertThat(openFiles()).anyMatch(file -> file.startsWith(named.toString()));
        Files.delete(named.resolve("lock"));
        Files.delete(named);
        StateDirectory.temporary(parent).close();
        assertThat(openFiles()).noneMatch(file -> file.startsWith(named.toString()));
    }

    private static void refusedByAnotherClassLoader(Path named) throws IOException {
        try (FileChannel others =
                FileChannel.open(named.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertThat(others.tryLock()).isNotNull();
            assertThatThrownBy(() -> StateDirectory.open(named)).hasMessageContaining("another kernel");
        }
    }

    private static List<String> openFiles() throws IOException {
        List<String> files = new ArrayList<>();
        for (Path descriptor : names(Path.of("/proc/self/fd"))) {
            try {
                files.add(Files.readSymbolicLink(descriptor).toString());
            } catch (NoSuchFileException closedMeanwhile) {
                // that of the listing
            }
        }
        return files;
    }
}
