package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.ALREADY_EXISTS;
import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.IS_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_EMPTY;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static dev.syscallkernel.ErrorCode.PERMISSION_DENIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the operations on files and directories do. */
public abstract class FileContract extends KernelContract {
    private HostTree tree;
    private Guest guest;

    @BeforeEach
    final void prepare() {
        tree = HostTree.at(host.resolve("R"));
        guest = Guest.in(kernel, "/", tree);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 65_536, 65_537, 1_000_000})
    void whatIsWrittenIsRead(int size) throws IOException {
        String content = "x".repeat(size);

        guest.write("/f", content);

        assertThat(tree.read("f")).isEqualTo(content);
        assertThat(guest.read("/f")).isEqualTo(content);
        assertThat(guest.stat("/f").size()).isEqualTo(size);
    }

    @Test
    void writingReplacesTheWholeFileAndKeepsItsPermissions() throws IOException {
        tree.file("f", "a long old content");
        Files.setPosixFilePermissions(tree.path("f"), PosixFilePermissions.fromString("rw-rw-r--"));

        guest.write("/f", "new");

        assertThat(tree.read("f")).isEqualTo("new");
        assertThat(Files.getPosixFilePermissions(tree.path("f")))
                .isEqualTo(PosixFilePermissions.fromString("rw-rw-r--"));
        assertThat(tree.snapshot()).containsOnlyKeys("", "f");
    }

    @Test
    void writingThroughALinkReplacesTheTargetAndKeepsTheLink() {
        tree.file("d/f", "old").link("l", "d/f").link("dangling", "d/new");

        guest.write("/l", "new");
        guest.write("/dangling", "created");

        assertThat(tree.isLink("l")).isTrue();
        assertThat(tree.read("d/f")).isEqualTo("new");
        assertThat(tree.isLink("dangling")).isTrue();
        assertThat(tree.read("d/new")).isEqualTo("created");
    }

    @Test
    void readersSeeOnlyWholeVersions() throws Exception {
        int size = 200_000;
        guest.write("/f", "0".repeat(size));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        AtomicBoolean done = new AtomicBoolean();
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (char letter : new char[] {'a', 'b'}) {
                writers.add(threads.submit(() -> {
                    for (int i = 0; i < 100; i++) {
                        guest.write("/f", String.valueOf(letter).repeat(size + i));
                    }
                }));
            }
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(threads.submit(readingWholeVersions(done)));
            }
            for (Future<?> writer : writers) {
                writer.get(60, TimeUnit.SECONDS);
            }
            done.set(true);
            for (Future<Integer> reader : readers) {
                assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(tree.snapshot()).containsOnlyKeys("", "f");
    }

    private Callable<Integer> readingWholeVersions(AtomicBoolean done) {
        return () -> {
            int count = 0;
            do {
                String content = guest.read("/f");
                assertThat(content.chars().distinct().count()).isEqualTo(1);
                assertThat(content.length()).isBetween(200_000, 200_099);
                count++;
            } while (!done.get());
            return count;
        };
    }

    @Test
    void aFileIsCreatedOnlyWhereThereIsNothing() {
        tree.file("f", "content").directory("d").link("l", "f").link("dangling", "nowhere");

        guest.create("/new");
        guest.create("/d/new");

        assertThat(tree.read("new")).isEmpty();
        assertThat(tree.read("d/new")).isEmpty();
        for (String taken : List.of("/f", "/d", "/l", "/dangling", "/new")) {
            assertFails(ALREADY_EXISTS, () -> guest.create(taken));
        }
        assertFails(NOT_FOUND, () -> guest.create("/missing/new"));
        assertFails(NOT_A_DIRECTORY, () -> guest.create("/f/new"));
        assertThat(tree.has("nowhere")).isFalse();
        assertThat(tree.read("f")).isEqualTo("content");
    }

    @Test
    void writingNeedsADirectoryToWriteTo() {
        tree.file("f", "f");

        assertFails(NOT_FOUND, () -> guest.write("/missing/new", "x"));
        assertFails(NOT_A_DIRECTORY, () -> guest.write("/f/new", "x"));
        assertFails(NOT_A_DIRECTORY, () -> guest.write("/f/", "x"));
        assertFails(IS_A_DIRECTORY, () -> guest.write("/", "x"));
    }

    @Test
    void deletingTakesTheNameAndNeverTheTarget() {
        tree.file("f", "f")
                .file("g", "g")
                .link("l", "g")
                .link("dangling", "nowhere")
                .directory("d");

        guest.delete("/f");
        guest.delete("/l");
        guest.delete("/dangling");

        assertThat(tree.snapshot()).containsOnlyKeys("", "d", "g");
        assertFails(NOT_FOUND, () -> guest.delete("/f"));
        assertFails(IS_A_DIRECTORY, () -> guest.delete("/d"));
        assertFails(NOT_A_DIRECTORY, () -> guest.delete("/g/"));
        assertThat(tree.read("g")).isEqualTo("g");
    }

    @Test
    void directoriesAreCreatedAndRemoved() {
        guest.makeDirectory("/d");
        guest.makeDirectory("/d/e/");

        assertThat(tree.snapshot()).isEqualTo(Map.of("", "directory", "d", "directory", "d/e", "directory"));
        assertThat(assertFails(NOT_EMPTY, () -> guest.removeDirectory("/d")).reason())
                .isEqualTo("contains 1 entry");
        guest.removeDirectory("/d/e");
        guest.removeDirectory("/d/");
        assertThat(tree.snapshot()).containsOnlyKeys("");
    }

    @Test
    void aDirectoryIsCreatedOnlyWhereThereIsNothing() {
        tree.file("f", "").directory("empty").file("d/x", "").link("l", "d").link("dangling", "nowhere");

        for (String taken : List.of("/f", "/empty", "/empty/", "/d", "/l", "/dangling", "/", "/.", "/d/..", "/d/.")) {
            assertFails(ALREADY_EXISTS, () -> guest.makeDirectory(taken));
        }
        assertFails(NOT_FOUND, () -> guest.makeDirectory("/n/m"));
        assertFails(NOT_FOUND, () -> guest.makeDirectory("/n/."));
        assertFails(NOT_A_DIRECTORY, () -> guest.makeDirectory("/f/n"));
        assertThat(tree.has("nowhere")).isFalse();
        assertThat(tree.has("d/x")).isTrue();
    }

    @Test
    void oneOfManyCreatesADirectory() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 20; round++) {
                String path = "/d" + round;
                List<Future<Boolean>> attempts = threads.invokeAll(Collections.nCopies(4, () -> {
                    try {
                        guest.makeDirectory(path);
                        return true;
                    } catch (SyscallException failure) {
                        assertThat(failure.code()).isEqualTo(ALREADY_EXISTS);
                        return false;
                    }
                }));
                int created = 0;
                for (Future<Boolean> attempt : attempts) {
                    created += attempt.get() ? 1 : 0;
                }
                assertThat(created).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void onlyAnEmptyDirectoryIsRemoved() {
        tree.file("f", "").directory("d").file("full/a", "").file("full/b", "").link("l", "d");

        assertFails(NOT_A_DIRECTORY, () -> guest.removeDirectory("/f"));
        assertFails(NOT_A_DIRECTORY, () -> guest.removeDirectory("/l"));
        assertFails(NOT_A_DIRECTORY, () -> guest.removeDirectory("/l/"));
        assertFails(NOT_FOUND, () -> guest.removeDirectory("/missing"));
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("/d/."));
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("/"));
        guest.workIn("/d");
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("."));
        assertThat(assertFails(NOT_EMPTY, () -> guest.removeDirectory("/full")).reason())
                .isEqualTo("contains 2 entries");
        assertThat(tree.has("d")).isTrue();
    }

    @Test
    void aDirectoryIsListedWithTheAttributesOfItsEntries() throws IOException {
        tree.file("b.txt", "12345").directory("a").link("c", "b.txt").fifo("d");
        Files.setPosixFilePermissions(tree.path("b.txt"), PosixFilePermissions.fromString("rwxr-x---"));
        Instant modified = Instant.ofEpochSecond(1_000_000_000, 123_456_789);
        Files.setLastModifiedTime(tree.path("b.txt"), FileTime.from(modified));

        List<DirectoryEntry> entries = guest.entries("/");

        assertThat(entries).extracting(DirectoryEntry::name).containsExactly("a", "b.txt", "c", "d");
        assertThat(entries).allMatch(DirectoryEntry::decodable);
        assertThat(entries)
                .extracting(entry -> entry.stat().kind())
                .containsExactly(FileKind.DIRECTORY, FileKind.REGULAR_FILE, FileKind.SYMBOLIC_LINK, FileKind.OTHER);
        FileStat file = entries.get(1).stat();
        assertThat(file.size()).isEqualTo(5);
        assertThat(file.mode()).isEqualTo(0750);
        assertThat(file.path()).isEqualTo("/b.txt");
        assertThat(file.modified().getEpochSecond()).isEqualTo(modified.getEpochSecond());
        assertThat(file.owner()).isEqualTo(Files.getOwner(tree.path("b.txt")).getName());
        assertThat(entries.get(2).stat().symbolicLink()).isTrue();
    }

    @Test
    void manyEntriesAreListedInOrder() {
        List<String> names = new ArrayList<>();
        for (int i = 1000; i < 2500; i++) {
            tree.file("n" + i, "");
            names.add("n" + i);
        }

        assertThat(guest.list("/")).isEqualTo(names);
    }

    @Test
    void whatIsNoDirectoryIsNotListed() {
        tree.file("f", "").link("l", "f");

        assertFails(NOT_A_DIRECTORY, () -> guest.list("/f"));
        assertFails(NOT_A_DIRECTORY, () -> guest.list("/l"));
        assertFails(NOT_FOUND, () -> guest.list("/missing"));
        assertFails(IS_A_DIRECTORY, () -> guest.read("/"));
    }

    @Test
    void namesThatAreNotUtf8AreListedAndMarked() {
        tree.shell("touch \"$(printf 'bad\\377name')\" \"$(printf 'bad\\376name')\" good");

        List<DirectoryEntry> entries = guest.entries("/");

        assertThat(entries).extracting(DirectoryEntry::name).containsExactly("bad\uFFFDname", "bad\uFFFDname", "good");
        assertThat(entries).extracting(DirectoryEntry::decodable).containsExactly(false, false, true);
        assertFails(NOT_FOUND, () -> guest.read("/bad\uFFFDname"));
    }

    @Test
    void aNameWithARealReplacementCharacterIsExact() {
        tree.file("odd\uFFFD", "x");

        assertThat(guest.entries("/").get(0).decodable()).isTrue();
        assertThat(guest.read("/odd\uFFFD")).isEqualTo("x");
    }

    @Test
    void aStatFollowsLinksAndSaysSo() {
        tree.file("d/f.tar.gz", "12").link("l", "d/f.tar.gz").link("ld", "d").link("bad", "nowhere");

        FileStat file = guest.stat("/l");
        assertThat(file.name()).isEqualTo("f.tar.gz");
        assertThat(file.path()).isEqualTo("/d/f.tar.gz");
        assertThat(file.extension()).isEqualTo("gz");
        assertThat(file.kind()).isEqualTo(FileKind.REGULAR_FILE);
        assertThat(file.symbolicLink()).isTrue();
        assertThat(guest.stat("/d/f.tar.gz").symbolicLink()).isFalse();
        assertThat(guest.stat("/ld/f.tar.gz").symbolicLink()).isFalse();
        assertThat(guest.stat("/ld").symbolicLink()).isTrue();
        assertThat(guest.stat("/ld").isDirectory()).isTrue();
        assertThat(guest.stat("/ld").size()).isZero();
        assertFails(NOT_FOUND, () -> guest.stat("/bad"));
        assertThat(guest.exists("/bad")).isFalse();
        assertThat(guest.exists("/l")).isTrue();
        assertThat(guest.exists("/")).isTrue();
    }

    @Test
    void truncatingGrowsWithZerosAndShrinks() {
        tree.file("f", "12345").link("l", "f").directory("d");

        guest.truncate("/f", 3);
        assertThat(tree.read("f")).isEqualTo("123");
        guest.truncate("/l", 6);
        assertThat(tree.read("f")).isEqualTo("123\0\0\0");
        guest.truncate("/f", 6);
        assertThat(tree.read("f")).isEqualTo("123\0\0\0");
        guest.truncate("/f", 0);
        assertThat(tree.read("f")).isEmpty();
        guest.truncate("/f", 10_000_000_000L);
        assertThat(guest.stat("/f").size()).isEqualTo(10_000_000_000L);
        assertFails(NOT_FOUND, () -> guest.truncate("/missing", 0));
        assertFails(IS_A_DIRECTORY, () -> guest.truncate("/d", 0));
        assertFails(INVALID_ARGUMENT, () -> guest.truncate("/f", Long.MAX_VALUE));
    }

    @Test
    void movingRenamesInOneStep() {
        tree.file("f", "f").file("d/g", "g").directory("empty").link("l", "f").file("h", "h");

        guest.move("/f", "/d/f");
        guest.move("/d", "/empty");
        guest.move("/l", "/moved");
        guest.move("/empty/g", "/h");
        guest.move("/h", "/h");

        assertThat(tree.snapshot())
                .isEqualTo(Map.of(
                        "",
                        "directory",
                        "empty",
                        "directory",
                        "empty/f",
                        "file with f",
                        "h",
                        "file with g",
                        "moved",
                        "link to f"));
    }

    @Test
    void movingOverALinkReplacesTheLink() {
        tree.file("f", "f")
                .file("target", "t")
                .link("l", "target")
                .directory("d")
                .link("ld", "d");

        guest.move("/f", "/l");
        guest.move("/l", "/ld");

        assertThat(tree.snapshot())
                .isEqualTo(Map.of("", "directory", "d", "directory", "ld", "file with f", "target", "file with t"));
    }

    @Test
    void twoNamesOfOneFileBecomeOne() throws IOException {
        tree.file("a", "content");
        Files.createLink(tree.path("b"), tree.path("a"));

        guest.move("/a", "/b");

        assertThat(tree.snapshot()).isEqualTo(Map.of("", "directory", "b", "file with content"));
    }

    @Test
    void whatDoesNotFitIsNotMoved() {
        tree.file("f", "f")
                .file("d/x", "x")
                .directory("d/sub")
                .file("full/y", "y")
                .link("l", "d");
        Map<String, String> before = tree.snapshot();

        assertFails(NOT_A_DIRECTORY, () -> guest.move("/d", "/f"));
        assertFails(IS_A_DIRECTORY, () -> guest.move("/f", "/d"));
        assertFails(NOT_EMPTY, () -> guest.move("/d", "/full"));
        assertFails(NOT_EMPTY, () -> guest.move("/d/sub", "/d"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/d/sub/d"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/d/sub"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/l/sub/d"));
        assertFails(NOT_A_DIRECTORY, () -> guest.move("/f/", "/b"));
        assertFails(NOT_A_DIRECTORY, () -> guest.move("/f", "/b/"));
        assertFails(NOT_A_DIRECTORY, () -> guest.move("/l/", "/b"));
        assertFails(NOT_FOUND, () -> guest.move("/missing", "/b"));
        assertFails(NOT_FOUND, () -> guest.move("/f", "/missing/b"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/", "/b"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d/.", "/b"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/full/.."));
        guest.move("/d", "/d");

        assertThat(tree.snapshot()).isEqualTo(before);
        guest.move("/d", "/e/");
        assertThat(tree.has("e/x")).isTrue();
    }

    @Test
    void copyingTakesContentAndPermissions() throws IOException {
        tree.file("f", "content")
                .file("old", "replaced")
                .link("l", "f")
                .link("to", "old")
                .directory("d");
        Files.setPosixFilePermissions(tree.path("f"), PosixFilePermissions.fromString("rwxrwx-w-"));

        guest.copy("/l", "/d/copy");
        guest.copy("/f", "/to");
        guest.copy("/f", "/f");

        assertThat(tree.read("d/copy")).isEqualTo("content");
        assertThat(Files.getPosixFilePermissions(tree.path("d/copy")))
                .isEqualTo(PosixFilePermissions.fromString("rwxrwx-w-"));
        assertThat(tree.isLink("to")).isTrue();
        assertThat(tree.read("old")).isEqualTo("content");
        assertThat(tree.read("f")).isEqualTo("content");
        assertFails(NOT_FOUND, () -> guest.copy("/missing", "/x"));
        assertFails(IS_A_DIRECTORY, () -> guest.copy("/d", "/x"));
        assertFails(IS_A_DIRECTORY, () -> guest.copy("/f", "/d"));
        assertFails(IS_A_DIRECTORY, () -> guest.copy("/f", "/x/"));
        assertFails(NOT_FOUND, () -> guest.copy("/f", "/missing/x"));
    }

    @Test
    void aLargeFileIsCopiedWhole() throws IOException {
        byte[] content = new byte[5_000_001];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 + i / 7919);
        }
        Files.write(tree.path("large"), content);

        guest.copy("/large", "/copy");

        assertThat(Files.mismatch(tree.path("large"), tree.path("copy"))).isEqualTo(-1);
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void fifosSocketsAndDevicesNeitherOpenNorBlock() throws IOException {
        tree.fifo("fifo").file("f", "f").link("toFifo", "fifo");
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            // A socket's address is at most 108 bytes long, too few for most temporary directories.
            Path address = Files.createTempDirectory("sk").resolve("s");
            socket.bind(UnixDomainSocketAddress.of(address));
            Files.move(address, tree.path("socket"));
            Files.delete(address.getParent());

            for (String path : List.of("/fifo", "/socket", "/toFifo")) {
                assertFails(PERMISSION_DENIED, () -> guest.read(path));
                assertFails(PERMISSION_DENIED, () -> guest.write(path, "x"));
                assertFails(PERMISSION_DENIED, () -> guest.truncate(path, 0));
                assertFails(PERMISSION_DENIED, () -> guest.copy(path, "/copy"));
                assertFails(PERMISSION_DENIED, () -> guest.copy("/f", path));
                assertFails(PERMISSION_DENIED, () -> guest.process().read(path));
                assertFails(NOT_A_DIRECTORY, () -> guest.read(path + "/x"));
                assertFails(NOT_A_DIRECTORY, () -> guest.list(path));
                assertThat(guest.stat(path).kind()).isEqualTo(FileKind.OTHER);
                assertThat(guest.exists(path)).isTrue();
            }
        }
        guest.move("/fifo", "/renamed");
        guest.delete("/renamed");
        guest.delete("/socket");
        assertThat(tree.snapshot()).containsOnlyKeys("", "f", "toFifo");
    }

    @Test
    void devicesAreNotOpened() {
        try {
            tree.shell("mknod zero c 1 5");
        } catch (AssertionError refused) {
            Assumptions.abort("skipped: only the superuser can make devices");
        }

        assertFails(PERMISSION_DENIED, () -> guest.read("/zero"));
        assertFails(PERMISSION_DENIED, () -> guest.write("/zero", "x"));
    }

    @Test
    void plainReadsAndWritesHaveALimit() {
        Guest small = limited(1000);
        tree.file("fits", "x".repeat(1000)).file("tooLarge", "x".repeat(1001));

        assertThat(small.read("/fits")).hasSize(1000);
        small.write("/written", "y".repeat(1000));
        SyscallException reading = assertFails(INVALID_ARGUMENT, () -> small.read("/tooLarge"));
        SyscallException writing = assertFails(INVALID_ARGUMENT, () -> small.write("/fits", "y".repeat(1001)));

        assertThat(reading.reason()).contains("1001", "1000", "stream");
        assertThat(writing.reason()).contains("1001", "1000", "stream");
        assertThat(tree.read("fits")).startsWith("x");
        small.copy("/tooLarge", "/copy");
        assertThat(tree.read("copy")).hasSize(1001);
    }

    private Guest limited(int bytes) {
        return new Guest(kernel.createProcess(ProcessSpec.named("small")
                .mount("/", tree.root(), Access.READ_WRITE)
                .sandbox(Guest.SANDBOX.withLimits(ResourceLimits.DEFAULT.withMaxInlineBytes(bytes)))
                .build()));
    }

    @Test
    void errorsNameTheSyscallAndThePathAndNothingOfTheHost() {
        SyscallException failure = assertFails(NOT_FOUND, () -> guest.read("/missing/f"));

        assertThat(failure.syscall()).isEqualTo("read_file");
        assertThat(failure.subject()).isEqualTo("/missing/f");
        assertThat(failure.getMessage()).startsWith("read_file /missing/f: ").doesNotContain(host.toString());
    }

    @Test
    void aNameThatUtf8CannotExpressIsRefused() {
        // Over a network, such a name cannot even be sent; what matters is that it is refused and leaves nothing
        // behind.
        assertFails(INVALID_ARGUMENT, () -> guest.write("/half\uD800", "x"));
        assertFails(INVALID_ARGUMENT, () -> guest.read("/\uDC00half"));
        assertThat(tree.snapshot()).containsOnlyKeys("");
    }

    /** What needs which capability. */
    enum Need {
        READ(Set.of(Capability.READ_FILE), guest -> guest.read("/f")),
        STREAM(Set.of(Capability.READ_FILE), guest -> guest.process().read("/f").close()),
        EXISTS(Set.of(Capability.READ_FILE), guest -> guest.exists("/f")),
        STAT(Set.of(Capability.READ_FILE), guest -> guest.stat("/f")),
        REPLACE(Set.of(Capability.WRITE_FILE), guest -> guest.write("/f", "new")),
        WRITE_NEW(Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE), guest -> guest.write("/new", "new")),
        WRITE_NEW_BY_LINK(
                Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE), guest -> guest.write("/dangling", "new")),
        TRUNCATE(Set.of(Capability.WRITE_FILE), guest -> guest.truncate("/f", 0)),
        CREATE(Set.of(Capability.CREATE_FILE), guest -> guest.create("/new")),
        MAKE_DIRECTORY(Set.of(Capability.CREATE_FILE), guest -> guest.makeDirectory("/new")),
        DELETE(Set.of(Capability.DELETE_FILE), guest -> guest.delete("/f")),
        REMOVE_DIRECTORY(Set.of(Capability.DELETE_FILE), guest -> guest.removeDirectory("/d")),
        LIST(Set.of(Capability.LIST_DIRECTORY), guest -> guest.list("/")),
        WORK_IN(Set.of(Capability.LIST_DIRECTORY), guest -> guest.workIn("/d")),
        MOVE(Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE), guest -> guest.move("/f", "/new")),
        COPY(
                Set.of(Capability.READ_FILE, Capability.WRITE_FILE, Capability.CREATE_FILE),
                guest -> guest.copy("/f", "/new"));

        private final Set<Capability> needed;
        private final Consumer<Guest> use;

        Need(Set<Capability> needed, Consumer<Guest> use) {
            this.needed = needed;
            this.use = use;
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationNeedsItsCapabilitiesAndNoOthers(Need need) {
        tree.file("f", "f").directory("d").link("dangling", "target");
        Map<String, String> before = tree.snapshot();

        for (Capability missing : need.needed) {
            Set<Capability> others = EnumSet.copyOf(Guest.FILES);
            others.remove(missing);
            SyscallException failure = assertFails(PERMISSION_DENIED, () -> need.use.accept(holding(others)));
            assertThat(failure.capability()).contains(missing);
        }
        assertThat(tree.snapshot()).isEqualTo(before);

        need.use.accept(holding(need.needed));
    }

    private Guest holding(Set<Capability> capabilities) {
        return new Guest(kernel.createProcess(ProcessSpec.named("guest")
                .mount("/", tree.root(), Access.READ_WRITE)
                .sandbox(Sandbox.NOTHING.withCapabilities(capabilities))
                .build()));
    }

    @Test
    void theBytesWrittenNeedNotBeText() throws IOException {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        guest.process().execute(new WriteFile("/f", all));

        assertThat(Files.readAllBytes(tree.path("f"))).isEqualTo(all);
        assertThat(guest.process().execute(new ReadFile("/f"))).isEqualTo(all);
    }
}
