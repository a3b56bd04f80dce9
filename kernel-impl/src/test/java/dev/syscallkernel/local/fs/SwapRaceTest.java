package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Operations under attack: a program outside of the JVM exchanges, thousands of times a second, a directory or a file
 * of the mount with a link that leads out of it, or with a FIFO. Nothing outside may be read or changed, nothing may
 * hang, and no descriptor may be lost.
 *
 * <p>Each race takes as many seconds as the system property {@code syscallkernel.race.seconds} says.
 */
@Tag("long")
class SwapRaceTest {
    private static final String INSIDE = "inside";
    private static final String OUTSIDE = "outside";

    @TempDir
    private Path host;

    private Path root;
    private Path outside;

    @BeforeEach
    void prepare() throws IOException {
        Swapper.require();
        root = Files.createDirectories(host.resolve("R"));
        outside = Files.createDirectories(host.resolve("O"));
        // Outside lies all that the operations could take hold of if they were led there.
        for (Path directory : List.of(Files.createDirectory(root.resolve("d")), outside)) {
            String content = directory.equals(outside) ? OUTSIDE : INSIDE;
            Files.writeString(directory.resolve("f"), content);
            Files.writeString(directory.resolve(content), content);
            Files.writeString(directory.resolve("victim"), content);
            Files.createDirectory(directory.resolve("empty"));
        }
        Files.writeString(root.resolve("f"), INSIDE);
    }

    @Test
    void aDirectoryIsExchangedWithALinkThatLeadsOut() throws Exception {
        Race race = race("directory <-> link", Access.READ_WRITE, linkFor("d"), this::directoryOperations);

        assertThat(race.total(ErrorCode.PERMISSION_DENIED)).isPositive();
    }

    @Test
    void aDirectoryIsExchangedWithAFifo() throws Exception {
        Race race = race("directory <-> FIFO", Access.READ_WRITE, fifoFor("d"), this::directoryOperations);

        assertThat(race.total(ErrorCode.NOT_A_DIRECTORY)).isPositive();
    }

    @Test
    void aFileIsExchangedWithALinkThatLeadsOut() throws Exception {
        Race race = race(
                "file <-> link",
                Access.READ_WRITE,
                () -> Swapper.withLink(root.resolve("f"), root.resolve("x"), "../O/f"),
                this::fileOperations);

        assertThat(race.total(ErrorCode.PERMISSION_DENIED)).isPositive();
    }

    @Test
    void aFileIsExchangedWithAFifo() throws Exception {
        Race race = race("file <-> FIFO", Access.READ_WRITE, fifoFor("f"), this::fileOperations);

        assertThat(race.total(ErrorCode.PERMISSION_DENIED)).isPositive();
    }

    @Test
    void aFileOfAReadOnlyMountIsExchangedWithAFifo() throws Exception {
        Race race = race("file <-> FIFO, read-only", Access.READ_ONLY, fifoFor("f"), this::readOperations);

        assertThat(race.total(ErrorCode.PERMISSION_DENIED)).isPositive();
    }

    @Test
    void aProgramIsExchangedWithAFifo() throws Exception {
        Files.setPosixFilePermissions(root.resolve("f"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Race race = race("program <-> FIFO", Access.READ_WRITE, fifoFor("f"), this::fileOperations);

        assertThat(race.total(ErrorCode.PERMISSION_DENIED)).isPositive();
    }

    @Test
    void theDirectoryOfTheMountIsExchangedWithALinkThatLeadsOut() throws Exception {
        // Nothing fails here: the mount is the directory that was opened, whatever has its name.
        Race race = race(
                "mount <-> link",
                Access.READ_WRITE,
                () -> Swapper.withLink(root, host.resolve("x"), "O"),
                this::directoryOperations);

        assertThat(race.total(ErrorCode.PERMISSION_DENIED)).isZero();
        assertThat(race.total(ErrorCode.UNAVAILABLE)).isZero();
    }

    private interface Attack {
        Swapper start() throws IOException;
    }

    private Attack linkFor(String name) {
        return () -> Swapper.withLink(root.resolve(name), root.resolve("x"), "../O");
    }

    private Attack fifoFor(String name) {
        return () -> Swapper.withFifo(root.resolve(name), root.resolve("x"));
    }

    private Race race(String name, Access access, Attack attack, Function<FileTree, List<Race.Operation>> operations)
            throws Exception {
        Map<Path, String> outsideBefore = snapshot(outside);
        FileTree tree = FileTree.open(
                List.of(new Mount.HostDirectory("/w", root, access)),
                host.resolve("scratch"),
                Transactions.withoutJournal());
        Race race = new Race();
        long swaps;
        long descriptorsDuring;
        try (Swapper swapper = attack.start()) {
            race.run(operations.apply(tree));
            descriptorsDuring = Descriptors.beneath(host);
            swaps = swapper.stop();
        } finally {
            tree.release();
        }
        System.out.printf(
                "%s: %d swaps, %d escapes, descriptors: %d before the release, %d after%n%s",
                name, swaps, race.escapes().size(), descriptorsDuring, Descriptors.beneath(host), race.report());
        assertThat(race.escapes()).isEmpty();
        assertThat(snapshot(outside)).isEqualTo(outsideBefore);
        assertThat(Descriptors.beneath(host)).as("descriptors that remain open").isZero();
        assertThat(snapshot(host).keySet())
                .as("temporary files that remain")
                .noneMatch(path -> path.getFileName().toString().startsWith(".sk-"));
        assertThat(swaps).isGreaterThan(1000);
        assertThat(race.successes()).isPositive();
        return race;
    }

    private List<Race.Operation> directoryOperations(FileTree tree) {
        return List.of(
                race -> race.call("read", () -> assertInside(tree.readFile(call(), "/w/d/f"))),
                race -> race.call("write", () -> tree.writeFile(call(), "/w/d/f", bytes())),
                race -> race.call("stream", () -> assertInside(stream(tree, "/w/d/f"))),
                race -> race.call(
                        "stat",
                        () -> assertThat(tree.stat(call(), "/w/d/f").size()).isEqualTo(INSIDE.length())),
                race -> race.call(
                        "list",
                        () -> assertThat(tree.listDirectory(call(), "/w/d"))
                                .extracting(DirectoryEntry::name)
                                .contains(INSIDE)
                                .doesNotContain(OUTSIDE)),
                race -> {
                    race.call("mkdir", () -> tree.createDirectory(call(), "/w/d/n"));
                    race.call("rmdir", () -> tree.removeDirectory(call(), "/w/d/n"));
                    race.call("rmdir", () -> tree.removeDirectory(call(), "/w/d/empty"));
                },
                race -> {
                    race.call("delete", () -> tree.deleteFile(call(), "/w/d/victim"));
                    race.call("create", () -> tree.createFile(call(), "/w/d/victim"));
                },
                race -> {
                    race.call("write", () -> tree.writeFile(call(), "/w/d/m", bytes()));
                    race.call("move", () -> tree.move(call(), "/w/d/m", "/w/m"));
                    race.call("move", () -> tree.move(call(), "/w/m", "/w/d/m2"));
                    race.call("truncate", () -> tree.truncate(call(), "/w/d/m2", 1));
                },
                race -> {
                    race.call("copy", () -> tree.copy(call(), "/w/d/f", "/w/copy"));
                    race.call("copy", () -> tree.copy(call(), "/w/copy", "/w/d/copy"));
                    race.call("read", () -> assertInside(tree.readFile(call(), "/w/copy")));
                });
    }

    private List<Race.Operation> fileOperations(FileTree tree) {
        List<Race.Operation> all = new ArrayList<>(readOperations(tree));
        all.add(race -> race.call("write", () -> tree.writeFile(call(), "/w/f", bytes())));
        all.add(race -> race.call("truncate", () -> tree.truncate(call(), "/w/f", INSIDE.length())));
        all.add(race -> {
            race.call("copy", () -> tree.copy(call(), "/w/f", "/w/copy"));
            race.call("read", () -> assertInside(tree.readFile(call(), "/w/copy")));
            race.call("copy", () -> tree.copy(call(), "/w/copy", "/w/f"));
        });
        all.add(race -> {
            race.call("move", () -> tree.move(call(), "/w/f", "/w/g"));
            race.call("move", () -> tree.move(call(), "/w/g", "/w/f"));
        });
        all.add(race -> {
            race.call("delete", () -> tree.deleteFile(call(), "/w/f"));
            race.call("write", () -> tree.writeFile(call(), "/w/f", bytes()));
        });
        return all;
    }

    private List<Race.Operation> readOperations(FileTree tree) {
        return List.of(
                race -> race.call("read", () -> assertInside(tree.readFile(call(), "/w/f"))),
                race -> race.call("stream", () -> assertInside(stream(tree, "/w/f"))),
                race -> race.call(
                        "stat",
                        () -> assertThat(tree.stat(call(), "/w/f").size()).isNotEqualTo(OUTSIDE.length())),
                race -> race.call("exists", () -> tree.exists(call(), "/w/f")));
    }

    private static ByteBuffer bytes() {
        return ByteBuffer.wrap(INSIDE.getBytes(UTF_8));
    }

    private static byte[] stream(FileTree tree, String path) {
        try (FileChannel channel = tree.openForReading(call(), path).channel()) {
            ByteBuffer content = ByteBuffer.allocate(64);
            while (channel.read(content) >= 0) {
                // to the end
            }
            return Arrays.copyOf(content.array(), content.position());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void assertInside(byte[] content) {
        assertThat(new String(content, UTF_8)).isEqualTo(INSIDE);
    }

    private static Map<Path, String> snapshot(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            Map<Path, String> found = new TreeMap<>();
            for (Path path : (Iterable<Path>) paths::iterator) {
                found.put(path, Files.isRegularFile(path, NOFOLLOW_LINKS) ? Files.readString(path) : "");
            }
            return found;
        }
    }
}
