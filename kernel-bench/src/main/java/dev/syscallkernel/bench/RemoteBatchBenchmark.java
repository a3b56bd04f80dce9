package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.grpc.RemoteKernel;
import java.io.IOException;
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

/** Many small calls to a server in another JVM, in one RPC. Baseline: an RPC for each. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class RemoteBatchBenchmark {
    @Param({"1", "10", "100", "1000"})
    public int operations;

    private TestFile file;
    private ServerProcess server;
    private SyscallKernel kernel;
    private KernelProcess process;
    private List<Syscall<?>> calls;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        file = TestFile.create(1 << 20);
        BatchState.createFiles(file.directory(), operations);
        server = ServerProcess.start(file.directory());
        kernel = RemoteKernel.connect(server.kernelAddress());
        process = kernel.createProcess(BatchState.process());
        calls = BatchState.mixed(operations);
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        kernel.close();
        server.close();
        file.close();
    }

    @Benchmark
    public int baselineCalls() {
        return BatchState.one(process, calls);
    }

    @Benchmark
    @Compared(
            what = "small file operations in one batch to a server",
            to = "baselineCalls",
            goal = 20,
            most = 5_000,
            goalAt = "operations=100")
    public int batch() {
        return BatchState.requireSuccess(
                kernel.batches().execute(BatchState.batch(process, calls, Batch.Mode.SEQUENTIAL)));
    }
}
