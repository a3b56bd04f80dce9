package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.assertFails;
import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.fs.Mount.Resolution;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.process.ProcessInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the contracts cannot see from outside of the kernel. */
class FileTreeTest {
    @TempDir
    private Path host;

    private FileTree open(Mount... mounts) {
        return FileTree.open(List.of(mounts), host.resolve("scratch"), Transactions.withoutJournal());
    }

    private FileTree openHost() {
        return open(new Mount.HostDirectory("/w", host, Access.READ_WRITE));
    }

    @Test
    void listingRemovesWhatAKilledKernelHasLeftLongAgo() throws IOException {
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
        FileTime weeksAgo = FileTime.from(Instant.now().minus(Duration.ofDays(20)));
        Path old = Files.writeString(host.resolve(".sk-tmp-x-1"), "old");
        Path fresh = Files.writeString(host.resolve(".sk-tmp-x-2"), "fresh");
        Path upload = Files.writeString(host.resolve(".sk-upload-1"), "can be gone on with");
        Path oldUpload = Files.writeString(host.resolve(".sk-upload-2"), "forgotten");
        Path own = Files.writeString(
                host.resolve(HiddenNames.fresh(FileSystems.getDefault()).path()), "stalled");
        Path visible = Files.writeString(host.resolve("sk-tmp-1"), "visible");
        for (Path file : List.of(old, upload, own, visible)) {
            Files.setLastModifiedTime(file, longAgo);
        }
        Files.setLastModifiedTime(oldUpload, weeksAgo);
        FileTree readOnly = open(new Mount.HostDirectory("/w", host, Access.READ_ONLY));
        assertThat(readOnly.listDirectory(call(), "/w")).hasSize(1);
        assertThat(old).exists();
        FileTree tree = openHost();
        assertThat(tree.listDirectory(call(), "/w")).hasSize(1);
        assertThat(old).doesNotExist();
        assertThat(oldUpload).doesNotExist();
        assertThat(List.of(fresh, upload, own, visible))
                .allSatisfy(file -> assertThat(file).exists());
        readOnly.release();
        tree.release();
    }

    @Test
    void scratchDirectoriesLiveAsLongAsTheirTree() throws IOException {
        assertThat(host.resolve("scratch")).doesNotExist();
        FileTree tree = open(new Mount.Scratch("/a"), new Mount.Scratch("/b"));
        tree.writeFile(call(), "/a/f", bytes("12345"));
        tree.createDirectory(call(), "/b/d");
        tree.writeFile(call(), "/b/d/g", bytes("678"));
        Path outside = Files.writeString(host.resolve("outside"), "stays");
        List<Path> directories = children(host.resolve("scratch"));
        Files.createSymbolicLink(directories.get(0).resolve("link"), outside);
        Files.createSymbolicLink(directories.get(1).resolve("links"), host);

        assertThat(directories)
                .hasSize(2)
                .allSatisfy(
                        directory -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                                .isEqualTo("rwx------"));
        assertThat(tree.mountPoints())
                .containsExactly(
                        new ProcessInfo.MountPoint("/a", Access.READ_WRITE),
                        new ProcessInfo.MountPoint("/b", Access.READ_WRITE));
        FileTree.Cleanup cleanup = tree.release();

        assertThat(cleanup).isEqualTo(new FileTree.Cleanup(2, 8, List.of()));
        assertThat(tree.release()).isEqualTo(cleanup);
        assertThat(children(host.resolve("scratch"))).isEmpty();
        assertThat(outside).hasContent("stays");
    }

    @Test
    void copyingAndWritingTellOfEveryMebibyte() throws IOException {
        FileTree tree = openHost();
        int size = (5 << 20) / 2;
        Files.write(host.resolve("f"), new byte[size]);
        List<Long> told = new ArrayList<>();
        ProgressReporter reporter = new ProgressReporter() {
            @Override
            public void moved(long bytesDone, long bytesTotal) {
                assertThat(bytesTotal).isEqualTo(size);
                told.add(bytesDone);
            }

            @Override
            public void lasts(Duration duration) {
                throw new AssertionError("nobody knows how long a file takes");
            }
        };
        List<Consumer<SyscallContext>> calls = List.of(
                context -> tree.copy(context, "/w/f", "/w/g"),
                context -> tree.writeFile(context, "/w/h", ByteBuffer.wrap(new byte[size])));
        for (Consumer<SyscallContext> call : calls) {
            told.clear();
            told.add(0L);
            call.accept(Calls.call(Calls.ALL, new CancellationToken(), reporter));
            assertThat(told).isSorted().hasSizeGreaterThan(3).endsWith((long) size);
            for (int i = 1; i < told.size(); i++) {
                assertThat(told.get(i) - told.get(i - 1)).isBetween(1L, 1L << 20);
            }
        }
    }

    @Test
    void copyingAndWritingStopWithinAMebibyteOfTheirCancellationAndLeaveNothing() throws IOException {
        FileTree tree = openHost();
        int size = 4 << 20;
        Files.write(host.resolve("f"), new byte[size]);
        Files.writeString(host.resolve("target"), "before");
        List<Consumer<SyscallContext>> calls = List.of(
                context -> tree.copy(context, "/w/f", "/w/target"),
                context -> tree.writeFile(context, "/w/target", ByteBuffer.wrap(new byte[size])),
                context -> tree.copy(context, "/w/f", "/w/new"),
                context -> tree.writeFile(context, "/w/new", ByteBuffer.wrap(new byte[size])));
        for (Consumer<SyscallContext> call : calls) {
            CancellationToken cancellation = new CancellationToken();
            AtomicLong last = new AtomicLong();
            ProgressReporter reporter = new ProgressReporter() {
                @Override
                public void moved(long bytesDone, long bytesTotal) {
                    last.set(bytesDone);
                    if (bytesDone >= 2 << 20) {
                        cancellation.cancel(ErrorCode.CANCELLED, "enough");
                    }
                }

                @Override
                public void lasts(Duration duration) {
                    throw new AssertionError("nobody knows how long a file takes");
                }
            };
            assertFails(ErrorCode.CANCELLED, () -> call.accept(Calls.call(Calls.ALL, cancellation, reporter)));
            assertThat(last.get()).isBetween(2L << 20, 3L << 20);
            assertThat(host.resolve("target")).hasContent("before");
            assertThat(children(host))
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder("f", "target");
        }
    }

    @Test
    void aScratchDirectoryOfAnyDepthIsRemoved() throws Exception {
        Swapper.require();
        FileTree tree = open(new Mount.Scratch("/s"));
        Path scratch = children(host.resolve("scratch")).get(0);
        Process perl = new ProcessBuilder(
                        "perl",
                        "-e",
                        "for (1..3000) { mkdir 'd'; open F, '>f'; print F 'x'; close F; chdir 'd' or die }")
                .directory(scratch.toFile())
                .start();
        assertThat(perl.waitFor()).isZero();
        Files.setPosixFilePermissions(scratch.resolve("d/d/d"), PosixFilePermissions.fromString("r-xr-xr-x"));

        assertThat(tree.release()).isEqualTo(new FileTree.Cleanup(1, 3000, List.of()));
        assertThat(children(host.resolve("scratch"))).isEmpty();
    }

    @Test
    void afterTheReleaseNothingWorksAnyMore() {
        FileTree tree = openHost();
        tree.release();

        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> tree.exists(call(), "/w/x"));
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> tree.writeFile(call(), "/w/x", bytes("")));
    }

    @Test
    void aFailedOpeningLeavesNothingBehind() throws IOException {
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> open(
                        new Mount.Scratch("/s"),
                        new Mount.HostDirectory("/w", host.resolve("missing"), Access.READ_WRITE)));

        assertThat(children(host.resolve("scratch"))).isEmpty();
    }

    @Test
    void aFileSystemWithoutSecureHandlesIsRefusedUnlessThatIsAccepted() throws IOException {
        Path zip = host.resolve("archive.zip");
        try (FileSystem archive = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            Path root = archive.getPath("/");
            SyscallException refused = assertFails(
                    ErrorCode.UNSUPPORTED, () -> open(new Mount.HostDirectory("/z", root, Access.READ_WRITE)));
            assertThat(refused.subject()).isEqualTo("/z");
            assertThat(refused.reason()).contains("RACY_ALLOWED");

            FileTree tree = open(
                    new Mount.HostDirectory("/z", root, Access.READ_WRITE, Resolution.RACY_ALLOWED),
                    new Mount.HostDirectory("/w", host, Access.READ_WRITE));
            tree.writeFile(call(), "/z/f", bytes("zipped"));
            tree.createDirectory(call(), "/z/d");
            tree.move(call(), "/z/f", "/z/d/g");
            tree.copy(call(), "/z/d/g", "/z/copy");
            assertThat(tree.readFile(call(), "/z/d/g")).asString(UTF_8).isEqualTo("zipped");
            assertThat(names(tree, "/z")).containsExactly("copy", "d");
            assertThat(tree.stat(call(), "/z/copy").size()).isEqualTo(6);
            tree.move(call(), "/z/d/g", "/w/unpacked");
            assertThat(host.resolve("unpacked")).hasContent("zipped");
            tree.removeDirectory(call(), "/z/d");
            assertThat(names(tree, "/z")).containsExactly("copy");
            assertFails(ErrorCode.NOT_FOUND, () -> tree.readFile(call(), "/z/d/g"));
            tree.release();
        }
    }

    @Test
    void filesThatDoNotTellTheirSizeAreReadToTheEnd() throws IOException {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "skipped: the host has no /proc");
        FileTree tree = open(
                new Mount.HostDirectory("/proc", Path.of("/proc"), Access.READ_ONLY),
                new Mount.HostDirectory("/w", host, Access.READ_WRITE));

        assertThat(tree.stat(call(), "/proc/cpuinfo").size()).isZero();
        assertThat(tree.readFile(call(), "/proc/cpuinfo")).asString(UTF_8).contains("processor");
        tree.copy(call(), "/proc/cpuinfo", "/w/copy");
        assertThat(Files.readString(host.resolve("copy"))).contains("processor");
        assertFails(ErrorCode.PERMISSION_DENIED, () -> tree.readFile(call(), "/proc/1/root/etc/passwd"));
        assertThat(tree.stat(call(), "/proc/self").path()).matches("/proc/\\d+");
        tree.release();
    }

    @Test
    void directoriesAreMadeWhereTheRootOfTheMountIsOfNoUse() throws IOException {
        Path memory = Path.of("/dev/shm");
        Assumptions.assumeTrue(
                Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(Path.of("/dev"))),
                "skipped: the host has no second file system at /dev/shm");
        Path place = Files.createTempDirectory(memory, "sk");
        FileTree tree = open(new Mount.HostDirectory("/dev", Path.of("/dev"), Access.READ_WRITE));
        String virtual = "/dev/shm/" + place.getFileName();
        try {
            tree.createDirectory(call(), virtual + "/made");
            assertThat(place.resolve("made")).isDirectory();
            assertFails(ErrorCode.ALREADY_EXISTS, () -> tree.createDirectory(call(), virtual + "/made"));
        } finally {
            tree.release();
            Files.deleteIfExists(place.resolve("made"));
            Files.delete(place);
        }
        assertThat(children(Path.of("/dev")))
                .noneMatch(path -> path.getFileName().toString().startsWith(".sk-"));
    }

    @Test
    void theDirectoryOfAMountMayBeRenamedWhileItIsUsed() throws IOException {
        Path before = Files.createDirectory(host.resolve("before"));
        Files.createDirectory(before.resolve("d"));
        Files.writeString(before.resolve("f"), "content");
        Files.createSymbolicLink(before.resolve("l"), Path.of("f"));
        FileTree tree = open(new Mount.HostDirectory("/w", before, Access.READ_WRITE));

        Files.move(before, host.resolve("after"));
        Files.createDirectory(before);

        assertThat(tree.readFile(call(), "/w/l")).asString(UTF_8).isEqualTo("content");
        tree.createDirectory(call(), "/w/d/made");
        assertThat(host.resolve("after/d/made")).isDirectory();
        assertThat(children(before)).isEmpty();
        tree.release();
    }

    @Test
    void whatACrashedKernelLeftDoesNotKeepADirectoryForEver() throws IOException {
        FileTree tree = openHost();
        Path stale = host.resolve("d/.sk-tmp-old-1");
        Files.createDirectories(stale.resolve("sub"));
        Files.writeString(stale.resolve("sub/f"), "half");
        Path fresh = Files.writeString(host.resolve("d/.sk-tmp-new-1"), "being written");
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
        Files.setLastModifiedTime(stale, longAgo);

        SyscallException busy = assertFails(ErrorCode.NOT_EMPTY, () -> tree.removeDirectory(call(), "/w/d"));
        assertThat(busy.reason()).contains("unfinished work");
        assertThat(stale).doesNotExist();
        assertThat(fresh).exists();

        Files.setLastModifiedTime(fresh, longAgo);
        tree.removeDirectory(call(), "/w/d");
        assertThat(host.resolve("d")).doesNotExist();
        tree.release();
    }

    @Test
    void staleWorkIsKeptAsLongAsThereIsAnythingElse() throws IOException {
        FileTree tree = openHost();
        Files.createDirectory(host.resolve("d"));
        Path stale = Files.writeString(host.resolve("d/.sk-tmp-old-1"), "half");
        Files.setLastModifiedTime(stale, FileTime.from(Instant.EPOCH));
        Files.writeString(host.resolve("d/f"), "");

        assertFails(ErrorCode.NOT_EMPTY, () -> tree.removeDirectory(call(), "/w/d"));

        assertThat(stale).exists();
        tree.release();
    }

    @Test
    void anOpenFileTellsItsSizeAndWhereItReallyIs() throws IOException {
        FileTree tree = openHost();
        Files.writeString(Files.createDirectory(host.resolve("d")).resolve("f"), "12345");
        Files.createSymbolicLink(host.resolve("l"), Path.of("d/f"));

        FileTree.OpenFile file = tree.openForReading(call(), "/w/l");
        try (FileChannel channel = file.channel()) {
            assertThat(file.size()).isEqualTo(5);
            assertThat(file.path()).isEqualTo("/w/d/f");
            assertThat(channel.position()).isZero();
        }
        tree.release();
    }

    @Test
    void readingAProgramDoesNotKeepItFromBeingExecuted() throws Exception {
        FileTree tree = openHost();
        Path program = Files.copy(Path.of("/bin/true"), host.resolve("program"));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));

        try (FileChannel channel = tree.openForReading(call(), "/w/program").channel()) {
            assertThat(channel.isOpen()).isTrue();
            assertThat(new ProcessBuilder(program.toString()).start().waitFor()).isZero();
        }
        tree.release();
    }

    @Test
    void synthesisedDirectoriesAreReadOnly() {
        FileTree tree = open(new Mount.Scratch("/a/b"));

        assertThat(tree.stat(call(), "/a").mode()).isEqualTo(0555);
        assertThat(tree.stat(call(), "/a").kind()).isEqualTo(FileKind.DIRECTORY);
        tree.release();
    }

    private static List<String> names(FileTree tree, String path) {
        return tree.listDirectory(call(), path).stream()
                .map(DirectoryEntry::name)
                .toList();
    }

    private static List<Path> children(Path directory) throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            return children.sorted().toList();
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }
}
