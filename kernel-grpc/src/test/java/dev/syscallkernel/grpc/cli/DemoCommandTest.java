package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
    @TempDir
    Path directory;

    @Test
    void streamsAFileBothWaysWithEqualDigestsAndCleansUp() {
        CommandRun run = CommandRun.of("demo", "--size", "8MiB", "--dir", directory.toString());

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.text().lines())
                .anyMatch(line -> line.matches("in-process +8388608 .*  match"))
                .anyMatch(line -> line.matches("gRPC over TCP +8388608 .*  match"));
        assertThat(run.errors()).contains("writing the test file: 8 MiB of 8 MiB (100 %)");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void keepsTheFileOnRequestWithTheSizeToTheByte() throws Exception {
        CommandRun run = CommandRun.of("demo", "--size", "1234567", "--keep", "--dir", directory.toString());

        assertThat(run.exitCode()).as(run.errors()).isZero();
        String kept = run.text()
                .lines()
                .filter(line -> line.startsWith("kept "))
                .findAny()
                .orElseThrow();
        assertThat(Files.size(Path.of(kept.substring("kept ".length())))).isEqualTo(1_234_567);
    }

    @Test
    void saysWhatToDoWhenThereIsNoRoom() {
        CommandRun run = CommandRun.of("demo", "--size", "1000000TiB", "--dir", directory.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("does not fit").contains("--dir").hasLineCount(1);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void failsInADirectoryThatIsNone() {
        CommandRun run = CommandRun.of(
                "demo", "--size", "1MiB", "--dir", directory.resolve("missing").toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("cannot write into").hasLineCount(1);
    }

    @Test
    void cleansUpWhenItIsStopped() {
        StopRequest stop = new StopRequest();
        stop.request();

        CommandRun run = CommandRun.writingTo(
                java.io.OutputStream.nullOutputStream(), stop, "demo", "--size", "8MiB", "--dir", directory.toString());

        assertThat(Thread.interrupted()).isTrue(); // that is how it is stopped
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void noticesAnotherDigestAndMissingBytes() {
        ByteSize size = new ByteSize(1024);
        DemoReading good = reading(1024, "a".repeat(64));

        assertThat(report(size, good).allMatch()).isTrue();
        assertThat(report(size, good, reading(1024, "b".repeat(64))).allMatch()).isFalse();
        assertThat(report(size, reading(1023, "a".repeat(64))).allMatch()).isFalse();
        assertThat(report(size, reading(1024, "b".repeat(64))).lines()).anyMatch(line -> line.endsWith("DIFFERENT"));
    }

    private static DemoReport report(ByteSize size, DemoReading... readings) {
        return new DemoReport(size, "a".repeat(64), List.of(readings));
    }

    private static DemoReading reading(long bytes, String digest) {
        return new DemoReading("a way", bytes, Duration.ofSeconds(1), Duration.ofMillis(1), 1, 1, digest);
    }
}
