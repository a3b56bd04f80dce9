package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamFileWrite;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallChunk.ChunkCase;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.proto.UploadStatusRequest;
import dev.syscallkernel.security.SandboxLevel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writing streams as other clients do it, with generated code: well, badly, or not to the end. */
@Timeout(120)
class WriteStreamTest extends ServerTest {
    private static final String PATH = "/workspace/f";

    private int pid;

    @BeforeEach
    void prepare() throws IOException {
        Files.writeString(workspace.resolve("f"), "old");
        pid = createProcess();
    }

    /** A stream from the client's side. */
    private static final class Upload implements StreamObserver<StreamSyscallChunk> {
        private final List<StreamSyscallChunk> answers = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        private final StreamObserver<StreamSyscallRequest> requests;

        Upload(ManagedChannel channel) {
            requests = KernelServiceGrpc.newStub(channel).streamSyscall(this);
        }

        @Override
        public void onNext(StreamSyscallChunk answer) {
            answers.add(answer);
        }

        @Override
        public void onError(Throwable problem) {
            failure.complete(problem);
            end.complete(Status.fromThrowable(problem));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }

        Upload send(int pid, StreamFileWrite.Builder write) {
            requests.onNext(StreamSyscallRequest.newBuilder()
                    .setPid(pid)
                    .setWrite(write)
                    .build());
            return this;
        }

        Upload halfClose() {
            requests.onCompleted();
            return this;
        }

        void assertComplete(long totalBytes) throws Exception {
            Status status = end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(status.isOk()).as(status.toString()).isTrue();
            StreamComplete complete = answers.get(answers.size() - 1).getComplete();
            assertThat(complete.getTotalBytes()).isEqualTo(totalBytes);
        }

        /** Beside what tells how far it has got: an error message, then the status, and nothing else. */
        Throwable assertRefused(Status.Code code, ErrorCode reason) throws Exception {
            Throwable problem = failure.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertStatus(problem, code, reason);
            assertThat(answers)
                    .filteredOn(answer ->
                            answer.getChunkCase() != ChunkCase.STARTED && answer.getChunkCase() != ChunkCase.PROGRESS)
                    .singleElement()
                    .satisfies(answer -> assertThat(answer.getError()).isNotBlank());
            return problem;
        }
    }

    private Upload upload() {
        return new Upload(channel);
    }

    private static StreamFileWrite.Builder write() {
        return StreamFileWrite.newBuilder().setPath(PATH);
    }

    private static StreamFileWrite.Builder chunk(byte[] bytes) {
        return StreamFileWrite.newBuilder().setChunk(ByteString.copyFrom(bytes));
    }

    private static StreamFileWrite.Builder finish() {
        return StreamFileWrite.newBuilder().setFinish(true);
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    @Test
    void onlyChunksCanBeLarge() throws Exception {
        ByteString ballast = ByteString.copyFrom(new byte[1 << 20]);
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(
                        900,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ballast)
                                .build())
                .build();
        Upload upload = upload();
        upload.send(pid, write());
        upload.send(pid, chunk(bytes(1000)).setUnknownFields(unknown));
        Throwable problem = upload.assertRefused(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        assertThat(problem).hasMessageContaining("beside its chunk");
        assertOldAndNothingElse();
    }

    /** The file is what it was, and nothing of the kernel's own is left beside it; both may take a moment. */
    private void assertOldAndNothingElse() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!(names().equals(List.of("f")) && openStreams() == 0) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(names()).containsExactly("f");
        assertThat(openStreams()).isZero();
        assertThat(workspace.resolve("f")).hasContent("old");
        assertThat(NetworkChunk.open()).isZero();
    }

    private int openStreams() {
        return kernel.process(new Pid(pid)).info().openStreams();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(workspace)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void anOldClientGetsOneCompleteAndNothingElse() throws Exception {
        byte[] content = bytes(300_000);
        Upload upload = upload();
        for (int at = 0;
                at < content.length;
                at += 50_000) { // the path in every message, as the earlier clients did it
            upload.send(pid, write().setChunk(ByteString.copyFrom(content, at, 50_000)));
        }
        upload.send(pid, write().setFinish(true)).halfClose();
        upload.assertComplete(content.length);
        assertThat(upload.answers).hasSize(1);
        assertThat(Arrays.equals(Files.readAllBytes(workspace.resolve("f")), content))
                .isTrue();
        assertThat(names()).containsExactly("f");
    }

    @Test
    void theLastMessageMayCarryAChunkAndTheFirstOneMayBeTheLast() throws Exception {
        upload().send(pid, write().setChunk(ByteString.copyFromUtf8("all")).setFinish(true))
                .assertComplete(3);
        assertThat(workspace.resolve("f")).hasContent("all");
    }

    @Test
    void finishingWithoutDataMakesAnEmptyFile() throws Exception {
        upload().send(pid, write()).send(pid, finish()).assertComplete(0);
        assertThat(workspace.resolve("f")).isEmptyFile();
    }

    @Test
    void aWrongChecksumOfAChunkEndsTheStream() throws Exception {
        byte[] good = bytes(1000);
        Upload upload = upload();
        upload.send(pid, write().setChunk(ByteString.copyFrom(good)).setCrc32C(crc(good)))
                .send(pid, chunk(good).setCrc32C(crc(good) + 1))
                .send(pid, finish());
        assertThat(upload.assertRefused(Status.Code.DATA_LOSS, ErrorCode.DATA_LOSS))
                .hasMessageContaining("byte 1000");
        assertOldAndNothingElse();
    }

    @Test
    void dataAfterTheFinishIsRefusedOrTooLate() throws Exception {
        for (int round = 0; round < 50; round++) {
            Upload upload = upload();
            upload.send(pid, write().setChunk(ByteString.copyFromUtf8("first")))
                    .send(pid, finish())
                    .send(pid, chunk(new byte[] {1}));
            Status status = upload.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (status.isOk()) {
                assertThat(workspace.resolve("f")).hasContent("first");
                Files.writeString(workspace.resolve("f"), "old");
            } else {
                assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertOldAndNothingElse();
            }
        }
    }

    @Test
    void aLaterMessageCannotNameAnotherPathOrProcessOrAskForSomethingElse() throws Exception {
        int other = createProcess();
        upload().send(pid, write())
                .send(pid, chunk(new byte[10]).setPath("/workspace/g"))
                .assertRefused(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        upload().send(pid, write())
                .send(other, chunk(new byte[10]))
                .assertRefused(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        Upload reading = upload().send(pid, write());
        reading.requests.onNext(StreamSyscallRequest.newBuilder()
                .setPid(pid)
                .setRead(StreamFileRead.newBuilder().setPath(PATH))
                .build());
        reading.assertRefused(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        assertOldAndNothingElse();
    }

    @Test
    void anUploadGoesOnAtTheRightOffsetInItsOwnProcessOnly() throws Exception {
        StreamFileWrite.Builder begin = write().setUploadId("u").setChunk(ByteString.copyFrom(new byte[1000]));
        Upload lost = upload().send(pid, begin);
        awaitCommitted(1000);
        ((ClientCallStreamObserver<?>) lost.requests).cancel("lost", null);
        assertThat(upload().send(pid, write().setUploadId("u").setOffset(1001))
                        .assertRefused(Status.Code.ABORTED, ErrorCode.CONFLICT))
                .hasMessageContaining("1000");
        upload().send(createProcess(), write().setUploadId("u").setOffset(1000))
                .assertRefused(Status.Code.PERMISSION_DENIED, ErrorCode.PERMISSION_DENIED);
        assertThat(workspace.resolve("f")).hasContent("old");

        Upload resumed = upload().send(pid, write().setUploadId("u").setOffset(1000))
                .send(pid, chunk(new byte[24]).setFinish(true));
        resumed.assertComplete(1024);
        assertThat(resumed.answers.get(0).getStarted().getCommittedBytes()).isEqualTo(1000);
        assertThat(workspace.resolve("f")).hasSize(1024);
        assertThat(names()).containsExactly("f");
    }

    /** There is so much of it that summing it would take minutes. */
    @Test
    void aClientThatLeavesWhileItsUploadIsTakenUpLetsTheServerStop() throws Exception {
        Upload lost = upload().send(pid, write().setUploadId("u").setChunk(ByteString.copyFrom(new byte[1000])));
        awaitCommitted(1000);
        ((ClientCallStreamObserver<?>) lost.requests).cancel("lost", null);
        awaitOpenStreams(0);
        long huge = 1L << 40;
        try (RandomAccessFile staged =
                new RandomAccessFile(workspace.resolve(names().get(0)).toFile(), "rw")) {
            staged.setLength(huge); // a hole, which takes no room
        }
        Upload leaving = upload().send(pid, write().setUploadId("u").setOffset(huge));
        awaitOpenStreams(1);
        ((ClientCallStreamObserver<?>) leaving.requests).cancel("left", null);
        awaitOpenStreams(0);
        awaitCommitted(huge);
        assertThat(leaving.answers).isEmpty();
    }

    private void awaitOpenStreams(int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (openStreams() != count && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(openStreams()).isEqualTo(count);
    }

    private void awaitCommitted(long bytes) {
        UploadStatusRequest request =
                UploadStatusRequest.newBuilder().setPid(pid).setUploadId("u").build();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        long committed = -1;
        while (committed != bytes && System.nanoTime() < end) {
            try {
                committed = stub().getUploadStatus(request).getCommittedBytes();
            } catch (io.grpc.StatusRuntimeException notYet) {
                assertThat(notYet.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            }
        }
        assertThat(committed).isEqualTo(bytes);
    }

    @Test
    void aTargetThatBecameADirectoryIsRefusedAtTheEnd() throws Exception {
        Upload upload = upload().send(pid, write().setProgress(true));
        while (upload.answers.isEmpty() && !upload.end.isDone()) {
            Thread.onSpinWait(); // until it is open
        }
        Files.delete(workspace.resolve("f"));
        Files.createDirectory(workspace.resolve("f"));
        upload.send(pid, chunk(new byte[10])).send(pid, finish());
        upload.assertRefused(Status.Code.FAILED_PRECONDITION, ErrorCode.IS_A_DIRECTORY);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (names().size() > 1 && System.nanoTime() < end) {
            Thread.onSpinWait(); // what was written is removed after the client was told
        }
        assertThat(names()).containsExactly("f");
        assertThat(workspace.resolve("f")).isEmptyDirectory();
    }

    @Test
    void aReadOnlyMountIsRefused() throws Exception {
        int reader = kernel.createProcess(ProcessSpec.named("reader")
                        .grant(SandboxLevel.STANDARD.capabilities())
                        .mount("/workspace", workspace, Access.READ_ONLY)
                        .build())
                .pid()
                .value();
        upload().send(reader, write()).assertRefused(Status.Code.PERMISSION_DENIED, ErrorCode.READ_ONLY);
        assertOldAndNothingElse();
    }

    @Test
    void halfClosingWithoutAFinishPublishesNothing() throws Exception {
        upload().send(pid, write())
                .send(pid, chunk(bytes(200_000)))
                .halfClose()
                .assertRefused(Status.Code.CANCELLED, ErrorCode.CANCELLED);
        assertOldAndNothingElse();
    }

    @Test
    void aClientThatVanishesPublishesNothingAndLeavesOnlyWhatCanBeTakenUpAgain() throws Exception {
        ManagedChannel vanishing = connect();
        for (int i = 0; i < 20; i++) {
            new Upload(vanishing).send(pid, write()).send(pid, chunk(bytes(200_000)));
        }
        new Upload(vanishing).send(pid, write().setUploadId("u").setChunk(ByteString.copyFrom(bytes(1000))));
        awaitCommitted(1000);
        vanishing.shutdownNow();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while ((names().size() != 2 || openStreams() != 0) && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(names()).hasSize(2).first().asString().startsWith(".sk-upload-");
        awaitCommitted(1000);
        kernel.process(new Pid(pid)).terminate();
        pid = createProcess();
        assertOldAndNothingElse();
        assertServerWorks();
    }
}
