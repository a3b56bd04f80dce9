package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.fs.FileSyscall.SetWorkingDirectory;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatCommandTest extends CommandTest {
    private final byte[] content = new byte[3_000_001];

    @BeforeEach
    void writeFile() throws IOException {
        new Random(7).nextBytes(content);
        Files.write(root.resolve("data.bin"), content);
    }

    @AfterEach
    void leavesNoProcess() {
        assertNoProcesses();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1KiB", "64KiB", "4MiB", "1234"})
    void writesEveryByteWhateverTheChunkSize(String chunkSize) {
        CommandRun run = run("cat", "/data.bin", "--chunk-size", chunkSize);

        assertSuccess(run);
        assertThat(run.output()).isEqualTo(content);
    }

    @Test
    void writesThePartThatIsAskedFor() {
        CommandRun run = run("cat", "data.bin", "--offset", "100kB", "--length", "1000");

        assertSuccess(run);
        assertThat(run.output()).isEqualTo(Arrays.copyOfRange(content, 100_000, 101_000));
    }

    @Test
    void showsProgressOnRequest() {
        CommandRun run = run("cat", "/data.bin", "--progress", "--length", "1MiB");

        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).isEqualTo("reading /data.bin: 1 MiB of 1 MiB (100 %)\n");
    }

    @Test
    void showsProgressOnATerminalUnlessTheFileGoesThereToo() {
        assertThat(errorsOnTerminal(FileDescriptors.Kind.PIPE, "cat", "/data.bin"))
                .contains("\rreading /data.bin 100%");
        assertThat(errorsOnTerminal(FileDescriptors.Kind.TERMINAL, "cat", "/data.bin"))
                .isEmpty();
        assertThat(errorsOnTerminal(FileDescriptors.Kind.PIPE, "cat", "/data.bin", "--no-progress"))
                .isEmpty();
    }

    private String errorsOnTerminal(FileDescriptors.Kind resultsTo, String... arguments) {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                resultsTo,
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                FileDescriptors.Kind.TERMINAL);
        assertThat(CommandLines.run(connected(arguments), terminal, new StopRequest()))
                .isZero();
        return errors.toString(StandardCharsets.UTF_8);
    }

    @Test
    void writesNothingBeyondTheEnd() {
        CommandRun run = run("cat", "/data.bin", "--offset", "1GiB");

        assertSuccess(run);
        assertThat(run.output()).isEmpty();
    }

    @Test
    void worksAsAnExistingProcessAndLeavesItAlive() throws IOException {
        Path deep = Files.createDirectory(root.resolve("deep"));
        Files.writeString(deep.resolve("note"), "here");
        KernelProcess process = kernel.createProcess(ProcessSpec.named("mine")
                .grant(Capability.READ_FILE, Capability.LIST_DIRECTORY)
                .build());
        process.execute(new SetWorkingDirectory("/deep"));

        CommandRun run = run("cat", "note", "--pid", process.pid().toString());

        assertSuccess(run);
        assertThat(run.text()).isEqualTo("here");
        assertThat(process.terminate()).isTrue();
    }

    @Test
    void saysInOneLineWhatFailed() {
        CommandRun run = run("cat", "/missing");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors())
                .startsWith("kernel: stream_read /missing: ")
                .endsWith(" [NOT_FOUND]\n")
                .hasLineCount(1);
    }

    @Test
    void showsTheStackTraceOnRequest() {
        CommandRun run = run("cat", "/missing", "--verbose");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("\n\tat dev.syscallkernel.");
    }

    @Test
    void failsForAProcessThatDoesNotLive() {
        CommandRun run = run("cat", "/data.bin", "--pid", "4711");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("[NO_SUCH_PROCESS]").hasLineCount(1);
    }

    @Test
    void failsForAProcessThatMayNot() {
        KernelProcess process =
                kernel.createProcess(ProcessSpec.named("powerless").build());

        CommandRun run = run("cat", "/data.bin", "--pid", process.pid().toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("READ_FILE").contains("[PERMISSION_DENIED]");
        assertThat(process.terminate()).isTrue();
    }

    @Test
    void endsQuietlyWhenNobodyReadsOn() {
        CommandRun run = CommandRun.writingTo(
                new FailingOutput("Broken pipe"), new StopRequest(), connected("cat", "/data.bin"));

        assertSuccess(run);
    }

    @Test
    void failsWhenTheOutputCannotBeWritten() {
        CommandRun run = CommandRun.writingTo(
                new FailingOutput("No space left on device"), new StopRequest(), connected("cat", "/data.bin"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).isEqualTo("kernel: cannot write to standard output: No space left on device\n");
    }

    @Test
    void endsItsProcessWhenItIsStoppedWhileNobodyReads() throws Exception {
        StalledOutput output = new StalledOutput();
        StopRequest stop = new StopRequest();
        CompletableFuture<CommandRun> run = CompletableFuture.supplyAsync(
                () -> CommandRun.writingTo(output, stop, connected("cat", "/data.bin")),
                task -> new Thread(task).start());
        assertThat(output.reached.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(kernel.processes()).hasSize(1);

        stop.request();

        assertNoProcesses();
        output.goOn.countDown();
        CommandRun stopped = run.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(stopped.exitCode()).isEqualTo(1);
        assertThat(stopped.errors()).isEmpty();
    }

    /** Takes nothing. */
    private static final class FailingOutput extends OutputStream {
        private final String message;

        private FailingOutput(String message) {
            this.message = message;
        }

        @Override
        public void write(int b) throws IOException {
            throw new IOException(message);
        }
    }

    /** A pipe that is full, until it goes on. */
    private static final class StalledOutput extends OutputStream {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);

        @Override
        public void write(int b) throws IOException {
            reached.countDown();
            try {
                if (!goOn.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    throw new IOException("nobody went on");
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IOException(interrupted);
            }
        }
    }
}
