package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.assertFails;
import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Moving by copying, also where a rename would have done. */
class MoveAcrossTest {
    @TempDir
    private Path host;

    private Path from;
    private Path to;
    private List<MountedDirectory> mounts;
    private Lookup lookup;
    private final HandleCache handles = new HandleCache();
    private final FileOpener opener = new FileOpener();

    @BeforeEach
    void prepare() throws IOException {
        from = Files.createDirectory(host.resolve("from"));
        to = Files.createDirectory(host.resolve("to"));
        mounts = Mounts.open(
                List.of(
                        new Mount.HostDirectory("/from", from, Access.READ_WRITE),
                        new Mount.HostDirectory("/to", to, Access.READ_WRITE)),
                new ScratchDirectories(host.resolve("scratch")));
        lookup = new Lookup(
                new WalkingResolver(new MountTable(mounts), handles, new Isolation(), null), new WorkingDirectory());
    }

    @AfterEach
    void release() {
        handles.close();
        mounts.forEach(mount -> mount.root().close());
    }

    private void moveAcross(SyscallContext ctx, String name) throws IOException {
        try (Target source = lookup.keep(ctx, VirtualPath.parse(ctx, "/from/" + name))) {
            MountedDirectory target = mounts.get(1);
            new MoveAcross(ctx, opener)
                    .move((Target.Existing) source, target, target.root(), Name.of(ctx, target.fileSystem(), name));
        }
    }

    @Test
    void aWholeTreeArrivesWithItsPermissions() throws Exception {
        Path tree = Files.createDirectories(from.resolve("tree/a/b/c"));
        Files.writeString(tree.resolve("deep"), "deep");
        Files.createSymbolicLink(from.resolve("tree/link"), Path.of("a/b"));
        Files.createDirectory(from.resolve("tree/locked"));
        Files.writeString(from.resolve("tree/locked/f"), "f");
        Files.setPosixFilePermissions(from.resolve("tree/locked/f"), PosixFilePermissions.fromString("r----x-w-"));
        Files.setPosixFilePermissions(from.resolve("tree/locked"), PosixFilePermissions.fromString("r-xr-x---"));
        new ProcessBuilder("sh", "-c", "touch \"$(printf 'bad\\377name')\"")
                .directory(from.resolve("tree").toFile())
                .start()
                .waitFor();
        Map<String, String> expected = snapshot(from);

        moveAcross(call(), "tree");

        assertThat(snapshot(to)).isEqualTo(expected).hasSize(10);
        assertThat(snapshot(from)).containsOnlyKeys("");
    }

    @Test
    void aFileOrALinkArrives() throws IOException {
        Files.writeString(from.resolve("f"), "content");
        Files.createSymbolicLink(from.resolve("l"), Path.of("nowhere"));
        Map<String, String> expected = snapshot(from);

        moveAcross(call(), "f");
        moveAcross(call(), "l");

        assertThat(snapshot(to)).isEqualTo(expected);
        assertThat(snapshot(from)).containsOnlyKeys("");
    }

    @Test
    void whatCannotBeCopiedStaysWhole() throws Exception {
        Files.createDirectories(from.resolve("tree/z"));
        Files.writeString(from.resolve("tree/f"), "f");
        assertThat(new ProcessBuilder("mkfifo", from.resolve("tree/z/fifo").toString())
                        .start()
                        .waitFor())
                .isZero();
        Files.createDirectory(to.resolve("tree"));
        Map<String, String> before = snapshot(from);

        assertFails(ErrorCode.PERMISSION_DENIED, () -> moveAcross(call(), "tree"));

        assertThat(snapshot(from)).isEqualTo(before);
        assertThat(snapshot(to)).containsOnlyKeys("", "tree");
    }

    private interface Change {
        void make(Path tree) throws IOException;
    }

    private enum SomebodyElse implements Change {
        APPENDS(tree -> Files.writeString(tree.resolve("sub/f"), "more", StandardOpenOption.APPEND)),
        REWRITES(tree -> {
            Files.writeString(tree.resolve("sub/f"), "tnetnoc");
            Files.setLastModifiedTime(tree.resolve("sub/f"), FileTime.from(Instant.EPOCH));
        }),
        REPLACES(tree -> {
            FileTime time = Files.getLastModifiedTime(tree.resolve("sub/f"));
            Files.writeString(tree.resolve("sub/new"), "tnetnoc");
            Files.setLastModifiedTime(tree.resolve("sub/new"), time);
            Files.move(tree.resolve("sub/new"), tree.resolve("sub/f"), StandardCopyOption.REPLACE_EXISTING);
        }),
        ADDS(tree -> Files.writeString(tree.resolve("new"), "new")),
        REMOVES(tree -> Files.delete(tree.resolve("sub/f")));

        private final Change change;

        SomebodyElse(Change change) {
            this.change = change;
        }

        @Override
        public void make(Path tree) throws IOException {
            change.make(tree);
        }
    }

    /** A call in which something else happens when the kernel looks for the n-th time whether it is cancelled. */
    private static SyscallContext meanwhile(int look, Runnable action) {
        AtomicInteger looks = new AtomicInteger();
        LongSupplier clock = () -> {
            if (looks.incrementAndGet() == look) {
                action.run();
            }
            return 0;
        };
        return call(Calls.ALL, new CancellationToken(new CancellationToken(), null, clock, Long.MAX_VALUE - 1));
    }

    private static Runnable change(SomebodyElse somebody, Path tree) {
        return () -> {
            try {
                somebody.make(tree);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        };
    }

    @ParameterizedTest
    @EnumSource
    void whatSomebodyElseChangedMeanwhileIsNotDeleted(SomebodyElse somebody) throws IOException {
        Files.createDirectories(from.resolve("tree/sub"));
        Files.writeString(from.resolve("tree/sub/f"), "content");
        AtomicInteger looks = new AtomicInteger();
        LongSupplier counting = () -> {
            looks.incrementAndGet();
            return 0;
        };
        moveAcross(
                call(Calls.ALL, new CancellationToken(new CancellationToken(), null, counting, Long.MAX_VALUE - 1)),
                "tree");
        Files.move(to.resolve("tree"), from.resolve("tree"));
        Map<String, String> copied = snapshot(from);
        SyscallContext ctx = meanwhile(looks.get(), change(somebody, from.resolve("tree"))); // when all has been copied

        SyscallException conflict = assertFails(ErrorCode.CONFLICT, () -> moveAcross(ctx, "tree"));

        assertThat(conflict).hasMessageContaining("changed while it was copied");
        assertThat(snapshot(to)).containsOnlyKeys(copied.keySet());
        Map<String, String> left = snapshot(from);
        assertThat(left).isNotEqualTo(copied).containsKey("tree/sub");
        assertThat(left.keySet()).noneMatch(path -> path.contains(".sk-"));
    }

    @Test
    void aFileThatGrewMeanwhileIsNotDeleted() throws IOException {
        Files.writeString(from.resolve("f"), "content");
        SyscallContext ctx = meanwhile(
                2,
                () -> { // after the first piece
                    try {
                        Files.writeString(from.resolve("f"), "content and more");
                    } catch (IOException failure) {
                        throw new UncheckedIOException(failure);
                    }
                });

        assertFails(ErrorCode.CONFLICT, () -> moveAcross(ctx, "f"));

        assertThat(from.resolve("f")).hasContent("content and more");
        assertThat(to.resolve("f")).exists();
        assertThat(snapshot(from)).containsOnlyKeys("", "f");
    }

    @Test
    void aCancelledMoveLeavesEverythingAsItWas() throws IOException {
        Files.createDirectories(from.resolve("tree/sub"));
        Files.write(from.resolve("tree/sub/f"), new byte[1 << 20]);
        Map<String, String> before = snapshot(from);
        CancellationToken cancelled = new CancellationToken();
        cancelled.cancel(ErrorCode.CANCELLED, "no longer wanted");

        assertFails(ErrorCode.CANCELLED, () -> moveAcross(call(Calls.ALL, cancelled), "tree"));

        assertThat(snapshot(from)).isEqualTo(before);
        assertThat(snapshot(to)).containsOnlyKeys("");
    }

    @Test
    void anotherFileSystemIsReachedByCopying() throws IOException {
        Path memory = Path.of("/dev/shm");
        Assumptions.assumeTrue(
                Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(host)),
                "skipped: the host has no second file system at /dev/shm");
        Path elsewhere = Files.createTempDirectory(memory, "sk");
        Files.createDirectories(from.resolve("tree/sub"));
        Files.writeString(from.resolve("tree/sub/f"), "content");
        Map<String, String> expected = snapshot(from.resolve("tree"));
        FileTree tree = FileTree.open(
                List.of(
                        new Mount.HostDirectory("/a", from, Access.READ_WRITE),
                        new Mount.HostDirectory("/b", elsewhere, Access.READ_WRITE)),
                host.resolve("scratch"),
                Transactions.withoutJournal());
        try {
            tree.move(call(), "/a/tree", "/b/moved");
            assertThat(snapshot(from)).containsOnlyKeys("");
            assertThat(snapshot(elsewhere.resolve("moved"))).isEqualTo(expected);

            tree.move(call(), "/b/moved/sub/f", "/a/f");
            assertThat(Files.readString(from.resolve("f"))).isEqualTo("content");
            assertThat(snapshot(elsewhere)).containsOnlyKeys("", "moved", "moved/sub");

            tree.move(call(), "/b/moved", "/a/back");
            assertThat(snapshot(elsewhere)).containsOnlyKeys("");
        } finally {
            tree.release();
            Files.delete(elsewhere);
        }
    }

    private static Map<String, String> snapshot(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            Map<String, String> found = new TreeMap<>();
            for (Path path : (Iterable<Path>) paths::iterator) {
                String mode = Files.isSymbolicLink(path) || path.equals(directory)
                        ? ""
                        : PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
                found.put(directory.relativize(path).toString(), mode + content(path));
            }
            return found;
        }
    }

    private static String content(Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            return " link to " + Files.readSymbolicLink(path);
        }
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                ? " file with " + new String(Files.readAllBytes(path), UTF_8)
                : " directory";
    }
}
