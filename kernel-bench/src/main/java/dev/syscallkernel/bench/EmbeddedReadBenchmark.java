package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
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

/** Reading a file from beginning to end in-process. Baseline: a bare loop on a file channel. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class EmbeddedReadBenchmark {
    @Param("1024")
    public int mebibytes;

    @Param({"65536"})
    public int chunkSize;

    private TestFile file;
    private LocalKernel kernel;
    private KernelProcess process;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        file = TestFile.create((long) mebibytes << 20);
        kernel = LocalKernel.builder().build();
        process = kernel.createProcess(ProcessSpec.named("bench")
                .grant(Capability.READ_FILE)
                .mount("/w", file.directory(), Access.READ_ONLY)
                .build());
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        kernel.close();
        file.close();
    }

    @Benchmark
    public long baselineFileChannel() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(chunkSize);
        long sum = 0;
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                sum += buffer.get(0);
                buffer.clear();
            }
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
