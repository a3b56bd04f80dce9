package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.UploadStatus;
import dev.syscallkernel.stream.WriteOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads that go on in a later run of the command, with a server that keeps what has arrived. */
class ResumedPutTest {
    private static final long PATIENCE_SECONDS = 30;
    private static final int HALF = 2_500_000;

    @TempDir
    Path host;

    private final byte[] content = new byte[2 * HALF + 1];
    private volatile Consumer<Syscall<?>> onCall = call -> {};
    private Path root;
    private Path local;
    private LocalKernel kernel;
    private KernelServer server;

    @BeforeEach
    void startServer() throws IOException {
        new Random(9).nextBytes(content);
        local = Files.write(host.resolve("local.bin"), content);
        root = Files.createDirectory(host.resolve("root"));
        start();
    }

    private void start() throws IOException {
        kernel = LocalKernel.builder()
                .stateDirectory(host.resolve("state"))
                .mount(new Mount.HostDirectory("/", root, Access.READ_WRITE))
                .interceptor((pid, call) -> onCall.accept(call))
                .build();
        server = KernelServer.builder(kernel).listen("127.0.0.1:0").build().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
        kernel.close();
    }

    @Test
    void goesOnWhereItWasStopped() throws Exception {
        stopHalfway();
        assertThat(kernel.processes()).hasSize(1);

        CommandRun again = put(new ByteArrayInputStream(content), "-", "--resume=mine");

        assertGoneOn(again);
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void leavesNothingIfItIsStoppedBeforeTheUploadHasBegun() {
        StopRequest stop = new StopRequest();
        onCall = call -> {
            if (call instanceof GetUploadStatus) {
                stop.request();
            }
        };

        CommandRun run =
                CommandRun.readingFrom(InputStream.nullInputStream(), stop, command(local.toString(), "--resume=mine"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void goesOnAfterARestartOfTheServer() throws Exception {
        stopHalfway();
        stopServer();
        start();

        CommandRun again = put(new ByteArrayInputStream(content), "-", "--resume=mine");

        assertGoneOn(again);
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void goesOnWithAnUnchangedFileWithoutAnId() throws Exception {
        arrived(derivedId(), content);

        CommandRun again = put(InputStream.nullInputStream(), local.toString(), "--resume");

        assertGoneOn(again);
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void beginsAnewWithAChangedFile() throws Exception {
        arrived(derivedId(), new byte[HALF]);
        Files.setLastModifiedTime(local, FileTime.fromMillis(1));

        CommandRun again = put(InputStream.nullInputStream(), local.toString(), "--resume");

        assertThat(again.exitCode()).as(again.errors()).isZero();
        assertThat(again.text()).contains(content.length + " bytes in ");
        assertThat(root.resolve("data.bin")).hasBinaryContent(content);
    }

    @Test
    void endsTheProcessOfAnUploadThatIsCompleteAtOnce() {
        CommandRun run = put(InputStream.nullInputStream(), local.toString(), "--resume");

        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(root.resolve("data.bin")).hasBinaryContent(content);
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void worksAsAnExistingProcessAndLeavesItAlive() throws Exception {
        KernelProcess process = arrived("mine", content);

        CommandRun again = put(
                InputStream.nullInputStream(),
                local.toString(),
                "--resume=mine",
                "--pid",
                process.pid().toString());

        assertGoneOn(again);
        assertThat(process.terminate()).isTrue();
    }

    @Test
    void saysThatAnUploadEndsWithItsProcess() {
        CommandRun run = put(InputStream.nullInputStream(), local.toString(), "--resume", "--pid", "4711");

        assertFails(run, "[NO_SUCH_PROCESS]", "leave --pid out to begin anew.");
    }

    @Test
    void refusesToMixTwoFiles() throws Exception {
        arrived("mine", new byte[HALF]);

        CommandRun run = put(InputStream.nullInputStream(), local.toString(), "--resume=mine");

        assertFails(run, "[CONFLICT]", "To begin anew, choose another id, or leave --resume out.");
        assertNothingIsVisible();
    }

    @Test
    void noticesAMixtureByItsChecksum() throws Exception {
        byte[] other = content.clone();
        other[0]++;
        arrived("mine", other);

        CommandRun run = put(InputStream.nullInputStream(), local.toString(), "--resume=mine");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors())
                .contains(PutCommandTest.checksum(content), "put it again without --resume [DATA_LOSS]")
                .doesNotContain("run the same command");
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void refusesAnotherPlace() throws Exception {
        Files.createDirectory(root.resolve("deep"));
        arrived("mine", content);

        CommandRun run = CommandRun.of(
                "put", local.toString(), "/deep/data.bin", "--resume=mine", "--quiet", "--connect", server.address());

        assertFails(run, "[CONFLICT]", "choose another id");
    }

    @Test
    void refusesAnInputThatIsTooShort() throws Exception {
        arrived("mine", content);

        CommandRun run = put(new ByteArrayInputStream(content, 0, 1000), "-", "--resume=mine");

        assertFails(run, "standard input has only 1000 bytes", "run the same command again");
        assertNothingIsVisible();
    }

    /** Has half of an upload arrive through the command, which is then stopped. */
    private void stopHalfway() throws Exception {
        Pipe pipe = Pipe.open();
        StopRequest stop = new StopRequest();
        CompletableFuture<CommandRun> run = CompletableFuture.supplyAsync(
                () -> CommandRun.readingFrom(
                        Channels.newInputStream(pipe.source()), stop, command("-", "--resume=mine")),
                task -> new Thread(task).start());
        try (OutputStream input = Channels.newOutputStream(pipe.sink())) {
            input.write(content, 0, HALF);
            awaitArrival();
            stop.request();
        }
        CommandRun stopped = run.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(stopped.exitCode()).isEqualTo(1);
        assertThat(stopped.errors())
                .endsWith("What has arrived is kept for 24 hours as the upload mine: run the same command again to go"
                        + " on.\n");
        assertNothingIsVisible();
    }

    /** Waits until there is something to go on with. */
    private void awaitArrival() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (arrivedBytes() < 1 << 20) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private long arrivedBytes() {
        try {
            return kernel.processes().stream()
                    .map(info -> kernel.process(info.pid()).execute(new GetUploadStatus("mine")))
                    .mapToLong(UploadStatus::committedBytes)
                    .sum();
        } catch (SyscallException notYet) {
            return 0;
        }
    }

    /** Has half of something arrive as the upload. */
    private KernelProcess arrived(String id, byte[] data) {
        KernelProcess process = kernel.createProcess(
                ProcessSpec.named("kernel put " + id).grant(PutCommand.NEEDED).build());
        try (StreamingWriter writer = process.write("/data.bin", WriteOptions.DEFAULT.withUpload(id, 0))) {
            writer.write(ByteBuffer.wrap(data, 0, HALF));
        }
        return process;
    }

    private String derivedId() {
        try (LocalSource source = LocalSource.open(local, Terminal.standard())) {
            return source.identity("/data.bin");
        }
    }

    private CommandRun put(InputStream input, String source, String... options) {
        return CommandRun.readingFrom(input, new StopRequest(), command(source, options));
    }

    private String[] command(String source, String... options) {
        return Stream.concat(
                        Stream.of("put", source, "/data.bin", "--connect", server.address()), Arrays.stream(options))
                .toArray(String[]::new);
    }

    private void assertGoneOn(CommandRun run) {
        assertThat(run.exitCode()).as(run.errors()).isZero();
        assertThat(run.text())
                .matches("/data\\.bin: " + content.length + " bytes \\(\\d+ of them before\\) in .*, crc32c "
                        + PutCommandTest.checksum(content) + "\n");
        assertThat(root.resolve("data.bin")).hasBinaryContent(content);
    }

    private static void assertFails(CommandRun run, String... parts) {
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.text()).isEmpty();
        assertThat(run.errors()).contains(parts);
    }

    private void assertNothingIsVisible() {
        assertThat(CommandRun.of("ls", "/", "--connect", server.address()).text())
                .isEmpty();
    }
}
