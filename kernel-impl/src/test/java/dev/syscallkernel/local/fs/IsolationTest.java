package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.fs.Failpoints.Fault;
import dev.syscallkernel.local.fs.PathLocks.Use;
import dev.syscallkernel.local.fs.PathLocks.Want;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Atomic batches next to each other, and next to everything else that works on files. */
@Timeout(120)
class IsolationTest {
    private static final int READS = Boolean.getBoolean("syscallkernel.crash.full") ? 100_000 : 20_000;

    @TempDir(factory = FastDisk.class)
    private Path host;

    private final Transactions transactions = Transactions.withoutJournal();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    private static WriteFile write(String path, String content) {
        return new WriteFile(path, content.getBytes(UTF_8));
    }

    private void run(FileTree tree, List<? extends FileSyscall<?>> calls) {
        transactions.run(call(), false, transaction -> calls.forEach(change -> transaction.plan(call(), tree, change)));
    }

    /** Each batch writes the same number to two files and moves a directory; nobody may see one without the other. */
    @Test
    void readersSeeABatchBeforeOrAfterAndNeverBetween() throws Exception {
        Files.createDirectory(host.resolve("d0"));
        Files.writeString(host.resolve("d0/inside"), "0");
        Files.writeString(host.resolve("a"), "0");
        Files.writeString(host.resolve("b"), "0");
        FileTree tree = Scenario.open(host, transactions);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger reads = new AtomicInteger();
        AtomicInteger batches = new AtomicInteger();
        Future<?> writer = threads.submit(() -> {
            for (int i = 1; !over.get(); i++) {
                run(
                        tree,
                        List.of(
                                write("/w/a", Integer.toString(i)),
                                new MoveFile("/w/d" + (i - 1) % 2, "/w/d" + i % 2),
                                write("/w/d" + i % 2 + "/inside", Integer.toString(i)),
                                write("/w/b", Integer.toString(i))));
                batches.incrementAndGet();
            }
        });
        List<Future<?>> readers = new ArrayList<>();
        for (int r = 0; r < 3; r++) {
            readers.add(threads.submit(() -> {
                int last = 0;
                while (reads.get() < READS) {
                    // What is read later can only be newer.
                    int a = number(tree, "/w/a");
                    int b = number(tree, "/w/b");
                    assertThat(a).isGreaterThanOrEqualTo(last);
                    assertThat(b).isGreaterThanOrEqualTo(a);
                    List<String> names = tree.listDirectory(call(), "/w").stream()
                            .map(entry -> entry.name())
                            .toList();
                    assertThat(names).hasSize(3).containsAnyOf("d0", "d1").doesNotContain(".sk");
                    last = b;
                    reads.addAndGet(3);
                }
                return null;
            }));
        }
        for (Future<?> reader : readers) {
            reader.get(100, TimeUnit.SECONDS);
        }
        over.set(true);
        writer.get(30, TimeUnit.SECONDS);
        tree.release();
        assertThat(reads.get()).isGreaterThanOrEqualTo(READS);
        assertThat(batches.get()).isPositive();
        System.out.printf("%,d reads during %,d atomic batches: before or after%n", reads.get(), batches.get());
    }

    private static int number(FileTree tree, String path) {
        return Integer.parseInt(new String(tree.readFile(call(), path), UTF_8));
    }

    @Test
    void batchesInOppositeOrdersNeverWaitForEachOtherForEver() throws Exception {
        FileTree tree = Scenario.open(host, transactions);
        int files = 10;
        List<WriteFile> forward = new ArrayList<>();
        List<WriteFile> backward = new ArrayList<>();
        for (int i = 0; i < files; i++) {
            forward.add(write("/w/f" + i, "forward"));
            backward.add(0, write("/w/f" + i, "backward"));
        }
        List<Future<?>> workers = new ArrayList<>();
        AtomicInteger done = new AtomicInteger();
        for (int worker = 0; worker < 4; worker++) {
            List<WriteFile> calls = worker % 2 == 0 ? forward : backward;
            workers.add(threads.submit(() -> {
                for (int i = 0; i < 100; i++) {
                    run(tree, calls);
                    done.incrementAndGet();
                }
            }));
        }
        for (Future<?> worker : workers) {
            worker.get(60, TimeUnit.SECONDS);
        }
        assertThat(done.get()).isEqualTo(400);
        String last = Files.readString(host.resolve("f0"));
        for (int i = 0; i < files; i++) {
            assertThat(host.resolve("f" + i)).hasContent(last);
        }
        tree.release();
    }

    @Test
    void writersAndBatchesOnOneFileTakeTurns() throws Exception {
        FileTree tree = Scenario.open(host, transactions);
        Files.writeString(host.resolve("a"), "");
        AtomicInteger moved = new AtomicInteger();
        List<Future<?>> workers = new ArrayList<>();
        for (int worker = 0; worker < 4; worker++) {
            String own = "/w/own" + worker;
            boolean inBatch = worker % 2 == 0;
            workers.add(threads.submit(() -> {
                for (int i = 0; i < 200; i++) {
                    try {
                        if (inBatch) {
                            run(
                                    tree,
                                    List.of(new MoveFile("/w/a", own), new MoveFile(own, "/w/a"), write("/w/a", own)));
                        } else {
                            tree.move(call(), "/w/a", own);
                            tree.move(call(), own, "/w/a");
                        }
                        moved.incrementAndGet();
                    } catch (SyscallException missing) {
                        // Another worker has it at this moment.
                        assertThat(missing.code()).isEqualTo(ErrorCode.NOT_FOUND);
                    }
                }
            }));
        }
        for (Future<?> worker : workers) {
            worker.get(60, TimeUnit.SECONDS);
        }
        assertThat(moved.get()).isPositive();
        assertThat(host.resolve("a")).exists();
        tree.release();
    }

    @Test
    void theLocksOfAFailedBatchAreGivenBack() throws Exception {
        Transactions failing = Transactions.open(
                host.resolve("journal"), host.resolve("scratch"), Set.of(), new Failpoints(12, Fault.NO_SPACE));
        Path root = Files.createDirectory(host.resolve("root"));
        FileTree tree = Scenario.open(root, failing);
        List<FileSyscall<?>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(write("/w/f" + i, "x"));
        }
        SyscallException full = Calls.assertFails(
                ErrorCode.NO_SPACE,
                () -> failing.run(
                        call(), false, transaction -> calls.forEach(change -> transaction.plan(call(), tree, change))));
        assertThat(full.reason()).contains("full");
        assertThat(root).isEmptyDirectory();
        tree.writeFile(call(), "/w/f1", ByteBuffer.allocate(1));
        failing.run(call(), false, transaction -> calls.forEach(change -> transaction.plan(call(), tree, change)));
        assertThat(root.resolve("f19")).hasContent("x");
        tree.release();
        failing.close();
    }

    @Test
    void aLockOnADirectoryCoversWhatIsBeneath() {
        PathLocks locks = new PathLocks();
        Path d = Path.of("/x/d");
        long now = System.nanoTime();
        try (PathLocks.Grant one = locks.acquire(call(), List.of(new Want(d, Use.CHANGE)), now)) {
            assertThat(one.covers(new Want(d.resolve("f"), Use.CHANGE))).isTrue();
            for (Path taken : List.of(d, d.resolve("f"), d.resolve("e/g"))) {
                for (Use use : Use.values()) {
                    assertThat(locks.none().extend(List.of(new Want(taken, use))))
                            .isFalse();
                }
            }
            assertThat(locks.none().extend(List.of(new Want(Path.of("/x"), Use.READ))))
                    .isFalse();
            try (PathLocks.Grant beside = locks.acquire(call(), List.of(new Want(Path.of("/x/e"), Use.CHANGE)), now)) {
                assertThat(beside.covers(new Want(d, Use.READ))).isFalse();
            }
        }
        try (PathLocks.Grant readers = locks.acquire(call(), List.of(new Want(d, Use.READ)), now);
                PathLocks.Grant more = locks.acquire(call(), List.of(new Want(d.resolve("f"), Use.READ)), now)) {
            assertThat(more.extend(List.of(new Want(d.resolve("f"), Use.CHANGE))))
                    .isFalse();
            assertThat(readers.covers(new Want(d.resolve("f"), Use.READ))).isTrue();
            assertThat(readers.covers(new Want(d, Use.CHANGE))).isFalse();
        }
        assertThat(locks.none().extend(List.of(new Want(d, Use.CHANGE)))).isTrue();
    }

    @Test
    void whoWaitsTooLongHasAConflict() throws Exception {
        PathLocks locks = new PathLocks();
        List<Want> wants = List.of(new Want(Path.of("/x"), Use.CHANGE));
        try (PathLocks.Grant held = locks.acquire(call(), wants, System.nanoTime())) {
            assertThat(held.covers(wants.get(0))).isTrue();
            Calls.assertFails(
                    ErrorCode.CONFLICT,
                    () -> locks.acquire(call(), wants, System.nanoTime() + 1_000_000)
                            .close());
        }
        CountDownLatch waiting = new CountDownLatch(1);
        PathLocks.Grant first = locks.acquire(call(), wants, System.nanoTime());
        Future<?> second = threads.submit(() -> {
            waiting.countDown();
            locks.acquire(call(), wants, System.nanoTime() + TimeUnit.SECONDS.toNanos(30))
                    .close();
        });
        waiting.await();
        first.close();
        second.get(30, TimeUnit.SECONDS);
    }
}
