package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.SetWorkingDirectory;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PutCommandTest extends CommandTest {
    private final byte[] content = new byte[3_000_001];
    private Path local;

    @BeforeEach
    void writeFile() throws IOException {
        new Random(8).nextBytes(content);
        local = Files.write(host.resolve("local.bin"), content);
    }

    @AfterEach
    void leavesNoProcess() {
        assertNoProcesses();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1KiB", "64KiB", "4MiB", "1234"})
    void uploadsEveryByteWhateverTheChunkSize(String chunkSize) {
        CommandRun run = run("put", local.toString(), "/data.bin", "--quiet", "--chunk-size", chunkSize);

        assertSuccess(run);
        assertThat(run.text()).isEmpty();
        assertThat(root.resolve("data.bin")).hasBinaryContent(content);
    }

    @Test
    void tellsBytesTimeRateAndChecksum() {
        CommandRun run = run("put", local.toString(), "/data.bin");

        assertThat(run.exitCode()).isZero();
        assertThat(run.text())
                .matches("/data\\.bin: 3000001 bytes in \\d+\\.\\d\\d s, [0-9.]+ .?i?B/s, crc32c " + checksum(content)
                        + "\n");
        assertThat(run.errors()).isEqualTo("uploading /data.bin: 2.9 MiB of 2.9 MiB (100 %)\n");
    }

    @Test
    void tellsThemToPrograms() {
        CommandRun run = run("put", local.toString(), "/data.bin", "--json", "--quiet");

        assertSuccess(run);
        assertThat(run.text())
                .startsWith("{\"path\":\"/data.bin\",\"bytes\":3000001,\"bytes_before\":0,\"seconds\":")
                .endsWith(",\"crc32c\":\"" + checksum(content) + "\"}\n");
    }

    @Test
    void uploadsStandardInput() {
        CommandRun run = CommandRun.readingFrom(
                new ByteArrayInputStream(content), new StopRequest(), connected("put", "-", "/data.bin"));

        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).isEqualTo("uploading /data.bin: 2.9 MiB\n");
        assertThat(root.resolve("data.bin")).hasBinaryContent(content);
    }

    @Test
    void uploadsAnEmptyFile() throws IOException {
        Path empty = Files.createFile(host.resolve("empty"));

        CommandRun run = run("put", empty.toString(), "/empty");

        assertThat(run.exitCode()).isZero();
        assertThat(run.text()).startsWith("/empty: 0 bytes in ").endsWith(", crc32c 00000000\n");
        assertThat(root.resolve("empty")).isEmptyFile();
    }

    @Test
    void uploadsFilesWithAnyName() throws IOException {
        assumeTrue(Text.namesAreUtf8(), "this JVM's locale has no names outside ASCII");
        Path named = Files.write(host.resolve("größe ✓"), content);

        CommandRun run = run("put", named.toString(), "/größe ✓ 2", "--sync");

        assertThat(run.exitCode()).isZero();
        assertThat(root.resolve("größe ✓ 2")).hasBinaryContent(content);
    }

    @Test
    void replacesAFile() throws IOException {
        Files.writeString(root.resolve("data.bin"), "old");

        assertSuccess(run("put", local.toString(), "/data.bin", "--quiet"));

        assertThat(root.resolve("data.bin")).hasBinaryContent(content);
    }

    @Test
    void addsToAFile() throws IOException {
        Files.writeString(root.resolve("log"), "old,");
        Path more = Files.writeString(host.resolve("more"), "new");

        assertSuccess(run("put", more.toString(), "/log", "--append", "--quiet"));

        assertThat(root.resolve("log")).hasContent("old,new");
    }

    @Test
    void replacesNoFileThatHasToBeNew() throws IOException {
        Files.writeString(root.resolve("data.bin"), "old");

        CommandRun run = run("put", local.toString(), "/data.bin", "--create-new", "--quiet");

        assertFails(run, "kernel: stream_write /data.bin: ", "[ALREADY_EXISTS]");
        assertThat(root.resolve("data.bin")).hasContent("old");
        assertSuccess(run("put", local.toString(), "/new.bin", "--create-new", "--quiet"));
        assertThat(root.resolve("new.bin")).hasBinaryContent(content);
    }

    @Test
    void worksAsAnExistingProcessAndLeavesItAlive() throws IOException {
        Files.createDirectory(root.resolve("deep"));
        KernelProcess process = kernel.createProcess(ProcessSpec.named("mine")
                .grant(Capability.WRITE_FILE, Capability.CREATE_FILE, Capability.LIST_DIRECTORY)
                .build());
        process.execute(new SetWorkingDirectory("/deep"));

        assertSuccess(run(
                "put",
                local.toString(),
                "data.bin",
                "--quiet",
                "--pid",
                process.pid().toString()));

        assertThat(root.resolve("deep/data.bin")).hasBinaryContent(content);
        assertThat(process.terminate()).isTrue();
    }

    @Test
    void saysWhatItCannotRead() {
        assertFails(run("put", host.resolve("missing").toString(), "/x"), "cannot read " + host, "no such file");
        assertFails(run("put", host.toString(), "/x"), "cannot read " + host, "is a directory");
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void saysWhereItCannotWrite() throws IOException {
        Files.createDirectory(root.resolve("directory"));

        assertFails(run("put", local.toString(), "/directory", "--quiet"), "/directory", "[IS_A_DIRECTORY]");
        assertFails(run("put", local.toString(), "/missing/x", "--quiet"), "/missing/x", "[NOT_FOUND]");
        assertThat(root.resolve("directory")).isEmptyDirectory();
    }

    @Test
    void failsInAReadOnlyMount() throws IOException {
        Path sealed = Files.createDirectory(host.resolve("sealed"));
        KernelProcess process = kernel.createProcess(ProcessSpec.named("reader")
                .grant(Capability.WRITE_FILE, Capability.CREATE_FILE)
                .mount("/sealed", sealed, Access.READ_ONLY)
                .build());

        CommandRun run = run(
                "put",
                local.toString(),
                "/sealed/x",
                "--quiet",
                "--pid",
                process.pid().toString());

        assertFails(run, "stream_write /sealed/x: ", "[READ_ONLY]");
        assertThat(sealed).isEmptyDirectory();
        assertThat(process.terminate()).isTrue();
    }

    @Test
    void publishesNothingWhenItsInputFails() {
        InputStream failing = new SequenceInputStream(new ByteArrayInputStream(content), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the disk is gone");
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return read();
            }
        });

        CommandRun run = CommandRun.readingFrom(failing, new StopRequest(), connected("put", "-", "/x", "--quiet"));

        assertFails(run, "kernel: cannot read standard input: ", "the disk is gone");
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void leavesNothingWhenItIsStopped() throws Exception {
        Pipe pipe = Pipe.open();
        StopRequest stop = new StopRequest();
        CompletableFuture<CommandRun> run = CompletableFuture.supplyAsync(
                () -> CommandRun.readingFrom(
                        Channels.newInputStream(pipe.source()), stop, connected("put", "-", "/data.bin")),
                task -> new Thread(task).start());
        try (OutputStream input = Channels.newOutputStream(pipe.sink())) {
            input.write(content); // more than fits into the pipe, so the upload is under way
            stop.request();
        }

        CommandRun stopped = run.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(stopped.exitCode()).isEqualTo(1);
        assertThat(stopped.text()).isEmpty();
        assertThat(stopped.errors()).startsWith("uploading /data.bin: ").hasLineCount(1);
        try (Stream<Path> left = Files.list(root)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void saysWhatAnUploadThatGoesOnTakes() {
        CommandRun run = run("put", local.toString(), "/data.bin", "--resume", "--quiet");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors())
                .contains("[UNSUPPORTED]\nStart the server with --state DIR, or leave --resume out.\n")
                .hasLineCount(2);
        assertThat(root).isEmptyDirectory();
    }

    private static void assertFails(CommandRun run, String... parts) {
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.text()).isEmpty();
        assertThat(run.errors()).startsWith("kernel: ").contains(parts).hasLineCount(1);
    }

    static String checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.wrap(bytes));
        return String.format("%08x", crc.getValue());
    }
}
