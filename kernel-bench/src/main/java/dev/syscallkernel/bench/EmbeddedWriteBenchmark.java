package dev.syscallkernel.bench;

import dev.syscallkernel.bench.report.Compared;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** Replacing a file in-process. Baseline: a bare loop on a file channel, and a rename. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class EmbeddedWriteBenchmark {

    @Benchmark
    public Path baselineFileChannel(EmbeddedFile file) throws IOException {
        Path temporary = file.host("baseline.tmp");
        try (FileChannel channel =
                FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long written = 0; written < file.bytes(); ) {
                written += channel.write(file.chunk.clear());
            }
        }
        return Files.move(temporary, file.host(TestFile.WRITTEN), StandardCopyOption.ATOMIC_MOVE);
    }

    @Benchmark
    @Compared(
            what = "write a file in-process",
            to = "baselineFileChannel",
            goal = 0.9,
            goalAt = "chunkSize=65536",
            moves = true)
    public long streamingWriter(EmbeddedFile file) {
        return file.kernel.write(TestFile.WRITTEN, file.chunk, file.bytes());
    }
}
