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
 * Replacing a file of a server in another JVM, over loopback. Baseline: a generated stub for a service that only streams
 * into a file and renames it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(1)
public class RemoteWriteBenchmark {

    @Benchmark
    public long baselineGeneratedStub(RemoteFile file) throws InterruptedException {
        return file.plain.write(TestFile.WRITTEN, file.chunk, file.bytes());
    }

    @Benchmark
    @Compared(what = "write a file to a server", to = "baselineGeneratedStub", goalAt = "chunkSize=65536", moves = true)
    @Compared(
            what = "write a file to a server, beside reading one",
            to = "RemoteReadBenchmark.streamingReader",
            goal = 0.8,
            goalAt = "chunkSize=65536",
            moves = true)
    public long streamingWriter(RemoteFile file) {
        return file.kernel.write(TestFile.WRITTEN, file.chunk, file.bytes());
    }
}
