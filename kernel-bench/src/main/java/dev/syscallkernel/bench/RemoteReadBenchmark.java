package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.bench.plain.PlainChunk;
import dev.syscallkernel.bench.plain.PlainReadRequest;
import dev.syscallkernel.bench.plain.PlainStreamGrpc;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.Iterator;
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

/**
 * Reading a file from a server in another JVM, over loopback. Baseline: a generated stub for a service that only
 * streams, with its blocking iterator.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(1)
public class RemoteReadBenchmark {
    @Param("1024")
    public int mebibytes;

    @Param({"65536"})
    public int chunkSize;

    private TestFile file;
    private ServerProcess server;
    private SyscallKernel kernel;
    private KernelProcess process;
    private ManagedChannel plain;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        file = TestFile.create((long) mebibytes << 20);
        server = ServerProcess.start(file.directory());
        kernel = RemoteKernel.connect(server.kernelAddress());
        process = kernel.createProcess(
                ProcessSpec.named("bench").grant(Capability.READ_FILE).build());
        plain = NettyChannelBuilder.forTarget(server.plainAddress())
                .usePlaintext()
                .build();
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        plain.shutdownNow();
        kernel.close();
        server.close();
        file.close();
    }

    @Benchmark
    public long baselineGeneratedStub() {
        Iterator<PlainChunk> chunks = PlainStreamGrpc.newBlockingStub(plain)
                .read(PlainReadRequest.newBuilder()
                        .setPath(TestFile.NAME)
                        .setChunkSize(chunkSize)
                        .build());
        long sum = 0;
        while (chunks.hasNext()) {
            sum += chunks.next().getData().byteAt(0);
        }
        return sum;
    }

    @Benchmark
    public long streamingReader() {
        long sum = 0;
        try (StreamingReader reader =
                process.read("/w/" + TestFile.NAME, ReadOptions.DEFAULT.withChunkSize(chunkSize))) {
            while (reader.next()) {
                sum += reader.chunk().get(0);
            }
        }
        return sum;
    }
}
