package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a batch costs in-process, and what it costs to be atomic. Baselines: the same calls one by one, or in order. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class EmbeddedBatchBenchmark {
    @Param({"1", "10", "100", "1000"})
    public int operations;

    private Path directory;
    private LocalKernel kernel;
    private KernelProcess process;
    private List<Syscall<?>> cheap;
    private List<Syscall<?>> writes;
    private List<Syscall<?>> slow;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        directory = Files.createTempDirectory("kernel-bench-");
        Path root = Files.createDirectory(directory.resolve("root"));
        kernel = LocalKernel.builder()
                .stateDirectory(directory.resolve("state"))
                .mount(new Mount.HostDirectory(KernelFile.MOUNT, root, Access.READ_WRITE))
                .build();
        process = kernel.createProcess(BatchState.process());
        byte[] content = new byte[100];
        cheap = BatchState.calls(operations, i -> new FileExists(KernelFile.MOUNT + "/f" + i));
        writes = BatchState.calls(operations, i -> new WriteFile(KernelFile.MOUNT + "/f" + i, content));
        slow = BatchState.calls(operations, i -> new Sleep(Duration.ofMillis(10)));
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        kernel.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private int batch(List<Syscall<?>> calls, Batch.Mode mode) {
        return BatchState.requireSuccess(kernel.batches().execute(BatchState.batch(process, calls, mode)));
    }

    @Benchmark
    public int baselineLoop() {
        int count = 0;
        for (Syscall<?> call : cheap) {
            count += process.execute(call) == null ? 0 : 1;
        }
        return count;
    }

    @Benchmark
    @Compared(
            what = "many cheap calls in one batch, in order, in-process",
            to = "baselineLoop",
            goal = 0.91,
            goalAt = "operations=100")
    public int sequential() {
        return batch(cheap, Batch.Mode.SEQUENTIAL);
    }

    @Benchmark
    @Compared(
            what = "many cheap calls in one batch, in parallel, in-process",
            to = "sequential",
            goal = 0.83,
            goalAt = "operations=100")
    public int parallel() {
        return batch(cheap, Batch.Mode.PARALLEL);
    }

    @Benchmark
    public int parallelSleeps() {
        return batch(slow, Batch.Mode.PARALLEL);
    }

    @Benchmark
    public int baselineWrites() {
        return batch(writes, Batch.Mode.SEQUENTIAL);
    }

    @Benchmark
    @Compared(
            what = "many small writes in an atomic batch",
            to = "baselineWrites",
            goal = 0.33,
            goalAt = "operations=100")
    public int atomicWrites() {
        return batch(writes, Batch.Mode.ATOMIC);
    }

    @Benchmark
    @Compared(what = "many small writes in a durable batch", to = "baselineWrites")
    public int durableWrites() {
        return batch(writes, Batch.Mode.DURABLE);
    }
}
