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

/** The same as {@link RemoteReadBenchmark}, for the first file that a new client moves with a new server.
 * Both clients have connected and made one call before, for a kernel's client cannot open a stream without. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(5)
public class ColdReadBenchmark {

    @Benchmark
    public long baselineGeneratedStub(RemoteFile file) {
        return file.plain.read(TestFile.NAME, file.chunkSize);
    }

    @Benchmark
    @Compared(
            what = "read a file from a server, both JVMs cold",
            to = "baselineGeneratedStub",
            goal = 1.2,
            moves = true)
    public long streamingReader(RemoteFile file) {
        return file.kernel.read(TestFile.NAME, file.chunkSize);
    }
}
