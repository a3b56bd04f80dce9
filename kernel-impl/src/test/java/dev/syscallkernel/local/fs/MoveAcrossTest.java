package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.assertFails;
import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        lookup = new Lookup(new WalkingResolver(new MountTable(mounts), handles));
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
                host.resolve("scratch"));
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
