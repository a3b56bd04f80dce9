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

/** The same as {@link RemoteWriteBenchmark}, for the first file that a new client moves with a new server.
 * Both clients have connected and made one call before, for a kernel's client cannot open a stream without. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@Fork(5)
public class ColdWriteBenchmark {

    @Benchmark
    public long baselineGeneratedStub(RemoteFile file) throws InterruptedException {
        return file.plain.write(TestFile.WRITTEN, file.chunk, file.bytes());
    }

    @Benchmark
    @Compared(what = "write a file to a server, both JVMs cold", to = "baselineGeneratedStub", moves = true)
    public long streamingWriter(RemoteFile file) {
        return file.kernel.write(TestFile.WRITTEN, file.chunk, file.bytes());
    }
}
