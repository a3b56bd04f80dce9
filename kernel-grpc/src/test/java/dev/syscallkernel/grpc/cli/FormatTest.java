package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** Sizes, tables and progress, as they are read and shown. */
class FormatTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "65536, 65536",
        "7B, 7",
        "500MB, 500000000",
        "1kB, 1000",
        "64MiB, 67108864",
        "1GiB, 1073741824",
        "1gib, 1073741824",
        "8388607TiB, 9223370937343148032",
        "9223372036854775807, 9223372036854775807"
    })
    void readsSizes(String text, long bytes) {
        assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GiB", "-1", "1.5GiB", "1G", "1 GiB", "8388608TiB", "9223372036854775808", "٣"})
    void refusesWhatIsNoSize(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("1GiB, 500MB, 64MiB");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1536, 1.5 KiB",
        "1073741824, 1 GiB",
        "1073741825, 1.0 GiB",
        "9223372036854775807, 8.0 EiB"
    })
    void showsSizes(long bytes, String text) {
        assertThat(new ByteSize(bytes)).hasToString(text);
    }

    @Test
    void alignsTables() {
        Table table = new Table().left("NAME").right("SIZE").left("");
        table.row("a", "1", "x");
        table.row("longer", "12345", "");

        assertThat(table.lines()).containsExactly("NAME     SIZE", "a           1  x", "longer  12345");
    }

    @Test
    void showsProgressNowAndThenAndAtTheEnd() {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        AtomicLong nanos = new AtomicLong();
        Terminal terminal = terminal(messages, FileDescriptors.Kind.PIPE);

        try (Progress progress = new ProgressInLines(terminal, "reading", new ByteSize(4096), nanos::get)) {
            for (int i = 0; i < 4; i++) {
                nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(1000));
                progress.advance(1000);
            }
        }

        assertThat(messages.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "reading: 2.0 KiB of 4 KiB (48 %)",
                        "reading: 3.9 KiB of 4 KiB (97 %)", "reading: 3.9 KiB of 4 KiB (97 %)");
    }

    @ParameterizedTest
    @CsvSource({"-1, uploading: 3 KiB", "0, uploading: 3 KiB of 0 B (100 %)", "3072, uploading: 3 KiB of 3 KiB (100 %)"
    })
    void showsProgressTowardsAnyTotal(long total, String line) {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();

        try (Progress progress = Progress.on(
                terminal(messages, FileDescriptors.Kind.PIPE), "uploading", total < 0 ? null : new ByteSize(total))) {
            progress.advance(3072);
        }

        assertThat(messages.toString(StandardCharsets.UTF_8)).isEqualTo(line + "\n");
    }

    @Test
    void movesABarWithoutATotal() {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();

        try (Progress progress = Progress.on(terminal(messages, FileDescriptors.Kind.TERMINAL), "uploading", null)) {
            progress.advance(3L << 20);
        }

        assertThat(messages.toString(StandardCharsets.UTF_8))
                .contains("\ruploading")
                .contains("3/? MiB");
    }

    private static Terminal terminal(OutputStream messages, FileDescriptors.Kind messagesTo) {
        return new Terminal(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                FileDescriptors.Kind.OTHER,
                new PrintStream(messages, true, StandardCharsets.UTF_8),
                messagesTo);
    }

    @Test
    void movesABarOnATerminal() {
        ByteArrayOutputStream messages = new ByteArrayOutputStream();
        Terminal terminal = terminal(messages, FileDescriptors.Kind.TERMINAL);

        try (Progress progress = Progress.on(terminal, "reading", new ByteSize(4L << 20))) {
            progress.advance(4L << 20);
        }

        assertThat(messages.toString(StandardCharsets.UTF_8))
                .contains("\rreading 100% [")
                .contains("4/4 MiB");
    }
}
