package dev.syscallkernel.bench;

import dev.syscallkernel.bench.report.Compared;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a file from a server in another JVM, over loopback. Baseline: a generated stub for a service that only
 * streams, with its blocking iterator.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(1)
public class RemoteReadBenchmark {

    @Benchmark
    public long baselineGeneratedStub(RemoteFile file) {
        return file.plain.read(TestFile.NAME, file.chunkSize);
    }

    @Benchmark
    @Compared(
            what = "read a file from a server",
            to = "baselineGeneratedStub",
            goal = 2.5,
            least = 1.2,
            goalAt = "chunkSize=65536",
            moves = true)
    public long streamingReader(RemoteFile file) {
        return file.kernel.read(TestFile.NAME, file.chunkSize);
    }
}
