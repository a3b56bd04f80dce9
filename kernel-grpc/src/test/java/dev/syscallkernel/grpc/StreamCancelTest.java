package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.stream.WriteOptions;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Thousands of streams that end at any point, in any way, and leave nothing on either side. */
@Tag("long")
@Timeout(300)
class StreamCancelTest extends ServerTest {
    private static final int STREAMS = Boolean.getBoolean("syscallkernel.stream.full") ? 10_000 : 2_000;
    private static final int THREADS = 8;
    private static final int CONNECTIONS = 40; // each is closed with its last streams under way
    private static final Duration HOUR = Duration.ofHours(1); // a timer for each opening
    private static final ReadOptions SMALL = ReadOptions.DEFAULT.withChunkSize(4096);

    private final AtomicInteger readers = new AtomicInteger();
    private final AtomicInteger writers = new AtomicInteger();
    private final ConcurrentLinkedQueue<WeakReference<Object>> some = new ConcurrentLinkedQueue<>();

    /** Everything of this machine that a test can count, of what streams take. */
    private record Held(long descriptors, long buffers, long hiddenFiles, long openStreams) {}

    private Held held(int... pids) throws IOException {
        long descriptors;
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            descriptors = open.filter(descriptor -> {
                        try {
                            Path path = Files.readSymbolicLink(descriptor);
                            return path.startsWith(workspace) && !path.equals(workspace);
                        } catch (IOException closedMeanwhile) {
                            return false;
                        }
                    })
                    .count();
        }
        long hidden;
        try (Stream<Path> files = Files.list(workspace)) {
            hidden = files.filter(file -> file.getFileName().toString().startsWith(".sk-"))
                    .count();
        }
        long streams = 0;
        for (int pid : pids) {
            streams += kernel.process(new dev.syscallkernel.Pid(pid)).info().openStreams();
        }
        return new Held(descriptors, NetworkChunk.open(), hidden, streams);
    }

    @Test
    void streamsThatEndAnywhereLeaveNothing() throws Exception {
        Files.write(workspace.resolve("f"), new byte[2 << 20]);
        Files.write(workspace.resolve("appended"), new byte[1000]);
        long seed = 20267;
        System.out.println("StreamCancelTest: seed " + seed + ", " + STREAMS + " streams");
        KernelProcess owner;
        try (RemoteKernel remote = RemoteKernel.connect(server.address())) {
            owner = remote.createProcess(ProcessSpec.named("p")
                    .grant(SandboxLevel.STANDARD.capabilities())
                    .build());
        }
        long begin = System.nanoTime();
        for (int i = 0; i < CONNECTIONS; i++) {
            RemoteKernel remote =
                    RemoteKernel.builder(server.address()).callTimeout(HOUR).build();
            runMany(remote.process(owner.pid()), seed + (long) i * THREADS, STREAMS / CONNECTIONS / THREADS + 1);
            remote.close();
        }
        System.out.printf(
                "StreamCancelTest: %d readers and %d writers in %d ms%n",
                readers.get(), writers.get(), (System.nanoTime() - begin) / 1_000_000);
        assertThat(readers.get() + writers.get()).isGreaterThanOrEqualTo(STREAMS);

        Held nothing = new Held(0, 0, 0, 0);
        int pid = owner.pid().value();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!held(pid).equals(nothing) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(held(pid)).isEqualTo(nothing);
        assertThat(workspace.resolve("appended")).hasSize(1000);
        assertThat(workspace.resolve("f")).hasSize(2 << 20);
        // Whatever timer were left would keep its stream.
        await(() -> some.stream().filter(reference -> reference.get() != null).count());
        System.out.println(
                "StreamCancelTest: left " + held(pid) + ", and none of " + some.size() + " streams in memory");
        assertServerWorks();
    }

    private static void await(LongSupplier left) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (left.getAsLong() > 0 && System.nanoTime() < end) {
            System.gc();
        }
        assertThat(left.getAsLong())
                .as("streams that something still refers to")
                .isZero();
    }

    private void runMany(KernelProcess process, long seed, int each) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                Random random = new Random(seed + t);
                tasks.add(() -> {
                    for (int i = 0; i < each; i++) {
                        runOne(process, random, i == each - 1);
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void runOne(KernelProcess process, Random random, boolean leave) {
        try {
            if (random.nextInt(3) > 0) {
                readers.incrementAndGet();
                read(process, random, leave);
            } else {
                writers.incrementAndGet();
                write(process, random, leave);
            }
        } catch (SyscallException failure) {
            // Two that append at a time; one that was closed or cancelled.
            assertThat(failure.code()).as(failure.getMessage()).isIn(ErrorCode.CONFLICT, ErrorCode.CANCELLED);
        }
    }

    private void note(Object stream, Random random) {
        if (random.nextInt(50) == 0) {
            some.add(new WeakReference<>(stream));
        }
    }

    private void read(KernelProcess process, Random random, boolean leave) {
        CompletableFuture<StreamingReader> opening = process.executeAsync(
                new OpenReader("/workspace/f", random.nextBoolean() ? SMALL : ReadOptions.DEFAULT), HOUR);
        if (random.nextInt(4) == 0) {
            var unused = opening.whenComplete((reader, problem) -> {
                if (reader != null) {
                    reader.close(); // it was faster
                }
            });
            opening.cancel(false);
            return;
        }
        StreamingReader reader = join(opening);
        note(reader, random);
        for (int chunks = random.nextInt(20); chunks > 0; chunks--) {
            reader.next();
        }
        end(reader::close, random, leave);
    }

    private void write(KernelProcess process, Random random, boolean leave) {
        boolean append = random.nextInt(4) == 0;
        StreamingWriter writer = join(process.executeAsync(
                new OpenWriter(
                        append ? "/workspace/appended" : "/workspace/f",
                        append ? WriteOptions.DEFAULT.withMode(WriteMode.APPEND) : WriteOptions.DEFAULT),
                HOUR));
        note(writer, random);
        boolean elsewhere = random.nextBoolean();
        if (elsewhere) {
            new Thread(writer::close).start(); // at any time from here on
        }
        for (int chunks = random.nextInt(10); chunks > 0; chunks--) {
            writer.write(ByteBuffer.allocate(1 + random.nextInt(50_000)));
        }
        if (!elsewhere) {
            end(writer::close, random, leave);
        }
    }

    private static void end(Runnable close, Random random, boolean leave) {
        if (leave) {
            return; // its connection will be closed
        }
        if (random.nextBoolean()) {
            new Thread(close).start();
        } else {
            close.run();
        }
    }

    private static <T> T join(CompletableFuture<T> opening) {
        try {
            return opening.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException problem) {
            throw (SyscallException) problem.getCause();
        } catch (InterruptedException | java.util.concurrent.TimeoutException late) {
            throw new AssertionError(late);
        }
    }
}
