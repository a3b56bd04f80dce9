package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    private List<Syscall<?>> small;
    private List<Syscall<?>> writes;
    private List<Syscall<?>> slow;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        directory = Workplace.create();
        Path root = Files.createDirectory(directory.resolve("root"));
        BatchState.createFiles(root, operations);
        kernel = LocalKernel.builder()
                .stateDirectory(directory.resolve("state"))
                .mount(new Mount.HostDirectory(KernelFile.MOUNT, root, Access.READ_WRITE))
                .build();
        process = kernel.createProcess(BatchState.process());
        small = BatchState.mixed(operations);
        writes = BatchState.writes(operations);
        slow = BatchState.calls(operations, i -> new Sleep(Duration.ofMillis(10)));
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        kernel.close();
        Workplace.delete(directory);
    }

    private int batch(List<Syscall<?>> calls, Batch.Mode mode) {
        return BatchState.requireSuccess(kernel.batches().execute(BatchState.batch(process, calls, mode)));
    }

    @Benchmark
    public int baselineLoop() {
        return BatchState.one(process, small);
    }

    @Benchmark
    @Compared(
            what = "small file operations in one batch, in order, in-process",
            to = "baselineLoop",
            goal = 1 / 1.1,
            goalAt = "operations=100")
    public int sequential() {
        return batch(small, Batch.Mode.SEQUENTIAL);
    }

    @Benchmark
    @Compared(
            what = "small file operations in one batch, in parallel, in-process",
            to = "sequential",
            goal = 1 / 1.2,
            goalAt = "operations=100")
    public int parallel() {
        return batch(small, Batch.Mode.PARALLEL);
    }

    @Benchmark
    public int baselineSleepsInOrder() {
        return batch(slow, Batch.Mode.SEQUENTIAL);
    }

    @Benchmark
    @Compared(
            what = "sleeps of 10 ms in one batch, in parallel beside in order",
            to = "baselineSleepsInOrder",
            most = 20_000,
            goalAt = "operations=100")
    public int parallelSleeps() {
        return batch(slow, Batch.Mode.PARALLEL);
    }

    @Benchmark
    public int baselineWrites() {
        return batch(writes, Batch.Mode.SEQUENTIAL);
    }

    @Benchmark
    @Compared(
            what = "small writes in an atomic batch",
            to = "baselineWrites",
            goal = 1 / 3.0,
            goalAt = "operations=100")
    public int atomicWrites() {
        return batch(writes, Batch.Mode.ATOMIC);
    }

    @Benchmark
    @Compared(what = "small writes in a durable batch", to = "baselineWrites")
    public int durableWrites() {
        return batch(writes, Batch.Mode.DURABLE);
    }
}
