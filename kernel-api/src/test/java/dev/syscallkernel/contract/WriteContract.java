package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.Progress;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.UploadStatus;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.stream.WriteOptions;
import dev.syscallkernel.stream.WriteSummary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writing in chunks, publishing in one step, and going on after an interruption. */
@Timeout(60)
public abstract class WriteContract extends KernelContract {
    private static final WriteOptions UPLOAD = WriteOptions.DEFAULT.withUpload("upload-1", 0);

    private final Random random = new Random(42);
    private KernelProcess process;

    @BeforeEach
    void createProcess() {
        process = newProcess(Access.READ_WRITE);
    }

    private KernelProcess newProcess(Access access) {
        return kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, access)
                .build());
    }

    private byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static ByteBuffer part(byte[] bytes, int from, int to) {
        return ByteBuffer.wrap(bytes, from, to - from);
    }

    /** What lies in the host directory, the kernel's hidden files too. */
    private List<String> hostNames() throws IOException {
        try (Stream<Path> files = Files.list(host)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Taking back what a closed remote stream wrote takes a moment. */
    private void awaitHostNames(String... names) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!hostNames().equals(List.of(names)) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(hostNames()).containsExactly(names);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 1_000_000, 9_000_000})
    void publishesEveryByte(int size) throws IOException {
        byte[] bytes = bytes(size);
        try (StreamingWriter writer = process.write("/w/f")) {
            for (int at = 0; at < size; ) {
                int end = Math.min(size, at + 1 + random.nextInt(300_000));
                writer.write(part(bytes, at, end));
                at = end;
            }
            WriteSummary summary = writer.commit();
            assertThat(summary).isEqualTo(new WriteSummary(size, crc(bytes)));
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
        assertThat(hostNames()).containsExactly("f");
    }

    @Test
    void oneWriteMayBeOfAnySize() throws IOException {
        byte[] bytes = bytes(20_000_000);
        try (StreamingWriter writer = process.write("/w/f")) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            writer.write(buffer);
            assertThat(buffer.hasRemaining()).isFalse();
            writer.commit();
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
    }

    @Test
    void nothingIsSeenBeforeTheCommit() throws IOException {
        Files.writeString(host.resolve("f"), "old");
        try (StreamingWriter writer = process.write("/w/f")) {
            writer.write(ByteBuffer.wrap(bytes(1000)));
            assertThat(host.resolve("f")).hasContent("old");
            writer.commit();
            assertThat(host.resolve("f")).hasSize(1000);
        }
    }

    @Test
    void closingWithoutACommitPublishesNothingAndLeavesNothing() throws IOException {
        Files.writeString(host.resolve("f"), "old");
        try (StreamingWriter writer = process.write("/w/f")) {
            writer.write(ByteBuffer.wrap(bytes(1_000_000)));
        }
        awaitHostNames("f");
        assertThat(host.resolve("f")).hasContent("old");
    }

    @Test
    void aReplacedFileKeepsItsPermissions() throws IOException {
        Path file = Files.writeString(host.resolve("f"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x---"));
        try (StreamingWriter writer = process.write("/w/f")) {
            writer.commit();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rwxr-x---");
    }

    @Test
    void writingThroughALinkReplacesItsTargetAndKeepsTheLink() throws IOException {
        Files.writeString(host.resolve("target"), "old");
        Files.createSymbolicLink(host.resolve("link"), Path.of("target"));
        try (StreamingWriter writer = process.write("/w/link")) {
            writer.write(ByteBuffer.wrap(new byte[] {'n', 'e', 'w'}));
            writer.commit();
        }
        assertThat(host.resolve("link")).isSymbolicLink();
        assertThat(host.resolve("target")).hasContent("new");
    }

    @Test
    void appendingWritesAtTheEndAndAFailedAppendIsCutBack() throws IOException {
        Files.writeString(host.resolve("f"), "old");
        WriteOptions append = WriteOptions.DEFAULT.withMode(WriteMode.APPEND);
        try (StreamingWriter writer = process.write("/w/f", append)) {
            writer.write(ByteBuffer.wrap("+new".getBytes(StandardCharsets.UTF_8)));
            assertThat(writer.commit().totalBytes()).isEqualTo(4);
        }
        assertThat(host.resolve("f")).hasContent("old+new");
        try (StreamingWriter writer = process.write("/w/f", append)) {
            writer.write(ByteBuffer.wrap(bytes(1_000_000)));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        // Over a network, the bytes may still be on their way when the writer is closed here.
        while (process.info().openStreams() > 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(host.resolve("f")).hasContent("old+new");
    }

    @Test
    void appendingToAMissingFileCreatesIt() throws IOException {
        try (StreamingWriter writer = process.write("/w/f", WriteOptions.DEFAULT.withMode(WriteMode.APPEND))) {
            writer.write(ByteBuffer.wrap(bytes(10)));
            writer.commit();
        }
        assertThat(host.resolve("f")).hasSize(10);
    }

    @Test
    void twoAppendsToOneFileAtATimeAreAConflict() throws IOException {
        Files.writeString(host.resolve("f"), "old");
        WriteOptions append = WriteOptions.DEFAULT.withMode(WriteMode.APPEND);
        try (StreamingWriter first = process.write("/w/f", append)) {
            first.write(ByteBuffer.wrap(bytes(10)));
            assertFails(ErrorCode.CONFLICT, () -> writeAndCommit("/w/f", append, bytes(10)));
            first.commit();
        }
        writeAndCommit("/w/f", append, bytes(10));
        assertThat(host.resolve("f")).hasSize(23);
    }

    private WriteSummary writeAndCommit(String path, WriteOptions options, byte[] bytes) {
        try (StreamingWriter writer = process.write(path, options)) {
            writer.write(ByteBuffer.wrap(bytes));
            return writer.commit();
        }
    }

    @Test
    void createNewFailsIfTheNameIsTakenAlsoWhenItIsTakenMeanwhile() throws IOException {
        WriteOptions createNew = WriteOptions.DEFAULT.withMode(WriteMode.CREATE_NEW);
        Files.writeString(host.resolve("taken"), "old");
        assertFails(ErrorCode.ALREADY_EXISTS, () -> writeAndCommit("/w/taken", createNew, bytes(10)));
        try (StreamingWriter writer = process.write("/w/f", createNew)) {
            writer.write(ByteBuffer.wrap(bytes(10)));
            Files.writeString(host.resolve("f"), "other");
            assertFails(ErrorCode.ALREADY_EXISTS, writer::commit);
        }
        awaitHostNames("f", "taken");
        assertThat(host.resolve("f")).hasContent("other");
        assertThat(host.resolve("taken")).hasContent("old");
    }

    @Test
    void aTargetThatBecameADirectoryIsNotReplaced() throws IOException {
        try (StreamingWriter writer = process.write("/w/f")) {
            writer.write(ByteBuffer.wrap(bytes(10)));
            Files.createDirectory(host.resolve("f"));
            assertFails(ErrorCode.IS_A_DIRECTORY, writer::commit);
        }
        awaitHostNames("f");
    }

    @Test
    void whatCannotBeWrittenIsRefused() throws IOException {
        Files.createDirectory(host.resolve("d"));
        assertFails(ErrorCode.IS_A_DIRECTORY, () -> writeAndCommit("/w/d", WriteOptions.DEFAULT, bytes(1)));
        assertFails(ErrorCode.IS_A_DIRECTORY, () -> writeAndCommit("/w/new/", WriteOptions.DEFAULT, bytes(1)));
        assertFails(ErrorCode.NOT_FOUND, () -> writeAndCommit("/w/no/f", WriteOptions.DEFAULT, bytes(1)));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> writeAndCommit("/x", WriteOptions.DEFAULT, bytes(1)));
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> writeAndCommit("/w/.sk-x", WriteOptions.DEFAULT, bytes(1)));
        process = newProcess(Access.READ_ONLY);
        assertFails(ErrorCode.READ_ONLY, () -> writeAndCommit("/w/f", WriteOptions.DEFAULT, bytes(1)));
        awaitHostNames("d");
    }

    @Test
    void writingTakesTheCapabilities() throws IOException {
        Files.writeString(host.resolve("f"), "old");
        process.updateSandbox(process.info().sandbox().withoutCapabilities(Capability.CREATE_FILE));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> writeAndCommit("/w/new", WriteOptions.DEFAULT, bytes(1)));
        writeAndCommit("/w/f", WriteOptions.DEFAULT, bytes(1));
        process.updateSandbox(process.info().sandbox().withoutCapabilities(Capability.WRITE_FILE));
        SyscallException refusal =
                assertFails(ErrorCode.PERMISSION_DENIED, () -> writeAndCommit("/w/f", WriteOptions.DEFAULT, bytes(1)));
        assertThat(refusal.capability()).contains(Capability.WRITE_FILE);
        awaitHostNames("f");
    }

    @Test
    void aChunkWithTheRightChecksumIsTakenAndAWrongOneEndsTheStream() throws IOException {
        byte[] bytes = bytes(100_000);
        try (StreamingWriter writer = process.write("/w/f")) {
            writer.write(ByteBuffer.wrap(bytes), crc(bytes));
            assertThat(writer.commit().crc32c()).isEqualTo(crc(bytes));
        }
        StreamingWriter writer = process.write("/w/g");
        writer.write(ByteBuffer.wrap(bytes), crc(bytes));
        assertFails(ErrorCode.DATA_LOSS, () -> {
            writer.write(ByteBuffer.wrap(bytes), crc(bytes) + 1);
            writer.commit();
        });
        assertFails(ErrorCode.DATA_LOSS, writer::commit);
        writer.close();
        awaitHostNames("f");
    }

    @Test
    void aClosedWriterTakesNothingMore() throws IOException {
        StreamingWriter writer = process.write("/w/f");
        writer.close();
        writer.close();
        assertFails(ErrorCode.CANCELLED, () -> writer.write(ByteBuffer.wrap(bytes(1))));
        assertFails(ErrorCode.CANCELLED, writer::commit);
        awaitHostNames();
    }

    @Test
    void aCommittedWriterIsOver() throws IOException {
        StreamingWriter writer = process.write("/w/f");
        writer.commit();
        assertFails(ErrorCode.CANCELLED, () -> writer.write(ByteBuffer.wrap(bytes(1))));
        assertFails(ErrorCode.CANCELLED, writer::commit);
        writer.close();
        assertThat(host.resolve("f")).isEmptyFile();
    }

    @Test
    void theEndOfTheProcessDropsWhatWasNotCommitted() throws IOException {
        StreamingWriter writer = process.write("/w/f");
        writer.write(ByteBuffer.wrap(bytes(1_000_000)));
        process.terminate();
        awaitHostNames();
        assertThatThrownBy(() -> {
                    writer.write(ByteBuffer.wrap(bytes(1_000_000)));
                    writer.commit();
                })
                .isInstanceOfSatisfying(
                        SyscallException.class,
                        failure -> assertThat(failure.code()).isIn(ErrorCode.CANCELLED, ErrorCode.NO_SUCH_PROCESS));
    }

    @Test
    void anOutputStreamWritesAndLeavesTheCommitToItsUser() throws IOException {
        byte[] bytes = bytes(300_000);
        try (StreamingWriter writer = process.write("/w/f")) {
            try (OutputStream out = writer.asOutputStream()) {
                out.write(bytes[0]);
                out.write(bytes, 1, 200_000);
                out.flush();
                out.write(bytes, 200_001, bytes.length - 200_001);
            }
            assertThat(host.resolve("f")).doesNotExist();
            assertThat(writer.commit().totalBytes()).isEqualTo(bytes.length);
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
    }

    @Test
    void aChannelIsTransferredToItsEnd() throws IOException {
        byte[] bytes = bytes(300_000);
        try (StreamingWriter writer = process.write("/w/f")) {
            assertThat(writer.transferFrom(Channels.newChannel(new ByteArrayInputStream(bytes))))
                    .isEqualTo(bytes.length);
            writer.commit();
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
    }

    @Test
    void progressEndsWithAllBytes() {
        List<Progress> heard = new ArrayList<>();
        writeAndCommit("/w/f", WriteOptions.DEFAULT.withProgress(heard::add), bytes(1_000_000));
        assertThat(heard).isNotEmpty();
        assertThat(heard.get(heard.size() - 1).bytes()).isEqualTo(1_000_000);
    }

    @Test
    void syncIsAccepted() {
        writeAndCommit("/w/f", WriteOptions.DEFAULT.withSync(), bytes(1000));
        assertThat(host.resolve("f")).hasSize(1000);
    }

    @Test
    void anUploadGoesOnWhereItWasInterrupted() throws IOException {
        byte[] bytes = bytes(1_000_000);
        StreamingWriter lost = process.write("/w/f", UPLOAD);
        lost.write(part(bytes, 0, 400_000));
        awaitStatus(400_000);
        lost.close();
        UploadStatus status = awaitStatus(400_000);
        assertThat(status.path()).isEqualTo("/w/f");
        assertThat(status.expiresAt()).isAfter(Instant.now().plus(Duration.ofHours(23)));
        assertThat(host.resolve("f")).doesNotExist();

        try (StreamingWriter writer = process.write("/w/f", WriteOptions.DEFAULT.withUpload("upload-1", 400_000))) {
            assertThat(writer.committedBytes()).isEqualTo(400_000);
            writer.write(part(bytes, 400_000, 1_000_000));
            assertThat(writer.commit()).isEqualTo(new WriteSummary(1_000_000, crc(bytes)));
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
        awaitHostNames("f");
        assertFails(ErrorCode.NOT_FOUND, () -> process.execute(new GetUploadStatus("upload-1")));
    }

    private UploadStatus awaitStatus(long committedBytes) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        UploadStatus status = process.execute(new GetUploadStatus("upload-1"));
        while (status.committedBytes() != committedBytes && System.nanoTime() < end) {
            status = process.execute(new GetUploadStatus("upload-1"));
        }
        assertThat(status.committedBytes()).isEqualTo(committedBytes);
        return status;
    }

    @Test
    void anUploadSurvivesTheRestartOfItsKernel() throws Exception {
        byte[] bytes = bytes(1_000_000);
        StreamingWriter lost = process.write("/w/f", UPLOAD);
        lost.write(part(bytes, 0, 400_000));
        awaitStatus(400_000);
        restartKernel();
        process = newProcess(Access.READ_WRITE);
        long have = process.execute(new GetUploadStatus("upload-1")).committedBytes();
        assertThat(have).isEqualTo(400_000);
        try (StreamingWriter writer = process.write("/w/f", WriteOptions.DEFAULT.withUpload("upload-1", have))) {
            writer.write(part(bytes, 400_000, 1_000_000));
            assertThat(writer.commit()).isEqualTo(new WriteSummary(1_000_000, crc(bytes)));
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
    }

    @Test
    void goingOnBeyondWhatTheKernelHasIsAConflictThatNamesTheRightOffset() {
        try (StreamingWriter writer = process.write("/w/f", UPLOAD)) {
            writer.write(ByteBuffer.wrap(bytes(1000)));
            awaitStatus(1000);
        }
        SyscallException conflict = assertFails(
                ErrorCode.CONFLICT,
                () -> writeAndCommit("/w/f", WriteOptions.DEFAULT.withUpload("upload-1", 1001), bytes(1)));
        assertThat(conflict).hasMessageContaining("1000");
        assertFails(
                ErrorCode.CONFLICT, () -> writeAndCommit("/w/g", WriteOptions.DEFAULT.withUpload("new", 1), bytes(1)));
        assertFails(ErrorCode.NOT_FOUND, () -> process.execute(new GetUploadStatus("new")));
    }

    @Test
    void bytesThatAreSentAgainAreComparedAndNotWrittenTwice() throws IOException {
        byte[] bytes = bytes(200_000);
        try (StreamingWriter writer = process.write("/w/f", UPLOAD)) {
            writer.write(part(bytes, 0, 150_000));
            awaitStatus(150_000);
        }
        assertFails(ErrorCode.CONFLICT, () -> writeAndCommit("/w/f", UPLOAD, new byte[200_000]));
        try (StreamingWriter writer = process.write("/w/f", WriteOptions.DEFAULT.withUpload("upload-1", 50_000))) {
            writer.write(part(bytes, 50_000, 120_000));
            writer.write(part(bytes, 120_000, 200_000));
            assertThat(writer.commit()).isEqualTo(new WriteSummary(200_000, crc(bytes)));
        }
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
    }

    @Test
    void anUploadBelongsToItsProcessAndToItsFile() throws IOException {
        byte[] bytes = bytes(1000);
        try (StreamingWriter writer = process.write("/w/f", UPLOAD)) {
            writer.write(ByteBuffer.wrap(bytes));
            awaitStatus(1000);
        }
        assertFails(ErrorCode.CONFLICT, () -> writeAndCommit("/w/other", UPLOAD, bytes));
        KernelProcess owner = process;
        process = newProcess(Access.READ_WRITE);
        assertFails(ErrorCode.PERMISSION_DENIED, () -> writeAndCommit("/w/f", UPLOAD, bytes(1)));
        assertFails(ErrorCode.NOT_FOUND, () -> process.execute(new GetUploadStatus("upload-1")));
        process = owner;
        awaitStatus(1000);
        owner.terminate();
        awaitHostNames();
    }

    @Test
    void aNewerWriterTakesAnUploadOver() throws IOException {
        byte[] bytes = bytes(100_000);
        StreamingWriter stalled = process.write("/w/f", UPLOAD);
        stalled.write(part(bytes, 0, 50_000));
        awaitStatus(50_000);
        try (StreamingWriter writer = process.write("/w/f", WriteOptions.DEFAULT.withUpload("upload-1", 50_000))) {
            writer.write(part(bytes, 50_000, 100_000));
            assertThat(writer.commit().totalBytes()).isEqualTo(100_000);
        }
        assertFails(ErrorCode.CANCELLED, () -> {
            stalled.write(part(bytes, 50_000, 100_000));
            stalled.commit();
        });
        stalled.close();
        assertThat(Arrays.equals(Files.readAllBytes(host.resolve("f")), bytes)).isTrue();
        awaitHostNames("f");
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> WriteOptions.DEFAULT.withUpload("", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WriteOptions.DEFAULT.withUpload("x", -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WriteOptions.DEFAULT.withUpload("x".repeat(129), 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> UPLOAD.withMode(WriteMode.APPEND)).isInstanceOf(IllegalArgumentException.class);
    }
}
