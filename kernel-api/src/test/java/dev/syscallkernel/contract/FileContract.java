package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.ALREADY_EXISTS;
import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.IS_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static dev.syscallkernel.ErrorCode.PERMISSION_DENIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the operations on a single file do. */
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
