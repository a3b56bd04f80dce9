package dev.syscallkernel.bench;

import dev.syscallkernel.bench.report.Compared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** Reading a file from beginning to end in-process. Baseline: a bare loop on a file channel. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class EmbeddedReadBenchmark {

    @Benchmark
    public long baselineFileChannel(EmbeddedFile file) throws IOException {
        ByteBuffer buffer = file.chunk;
        long sum = 0;
        try (FileChannel channel = FileChannel.open(file.host(TestFile.NAME), StandardOpenOption.READ)) {
            while (channel.read(buffer.clear()) >= 0) {
                sum += buffer.get(0);
            }
        }
        return sum;
    }

    @Benchmark
    @Compared(
            what = "read a file in-process",
            to = "baselineFileChannel",
            goal = 0.9,
            goalAt = "chunkSize=65536",
            moves = true)
    public long streamingReader(EmbeddedFile file) {
        return file.kernel.read(TestFile.NAME, file.chunkSize);
    }
}
