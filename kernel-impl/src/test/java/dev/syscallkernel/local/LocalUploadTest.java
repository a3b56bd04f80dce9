package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.SmallDisk;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of uploads on the host, whatever happens to their directories, records and kernels. */
@Timeout(60)
class LocalUploadTest {
    @TempDir
    Path host;

    @TempDir
    Path state;

    private Clock clock = Clock.systemUTC();
    private LocalKernel kernel;
    private KernelProcess process;

    @BeforeEach
    void start() throws IOException {
        Files.createDirectories(host.resolve("d"));
        kernel = kernel(state);
        process = process(kernel);
    }

    @AfterEach
    void stop() {
        kernel.close();
    }

    private LocalKernel kernel(Path stateDirectory) {
        return LocalKernel.builder()
                .stateDirectory(stateDirectory)
                .clock(new Clock() {
                    @Override
                    public ZoneOffset getZone() {
                        return ZoneOffset.UTC;
                    }

                    @Override
                    public Clock withZone(java.time.ZoneId zone) {
                        return this;
                    }

                    @Override
                    public Instant instant() {
                        return clock.instant();
                    }
                })
                .build();
    }

    private KernelProcess process(LocalKernel of) {
        return of.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    private void restart() throws IOException {
        kernel.close();
        kernel = kernel(state);
        process = process(kernel);
    }

    private static WriteOptions upload(long offset) {
        return WriteOptions.DEFAULT.withUpload("u", offset);
    }

    private static void write(KernelProcess by, String path, long offset, int bytes) {
        try (StreamingWriter writer = by.write(path, upload(offset))) {
            writer.write(ByteBuffer.allocate(bytes));
        }
    }

    private static void finish(KernelProcess by, String path, long offset, int bytes) {
        try (StreamingWriter writer = by.write(path, upload(offset))) {
            writer.write(ByteBuffer.allocate(bytes));
            writer.commit();
        }
    }

    private long committed() {
        return process.execute(new GetUploadStatus("u")).committedBytes();
    }

    private static void assertFails(ErrorCode expected, ThrowingCallable action) {
        SyscallException failure = catchThrowableOfType(SyscallException.class, action);
        assertThat(failure).isNotNull();
        assertThat(failure.code()).as(failure.getMessage()).isEqualTo(expected);
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private Path staged(String directory) throws IOException {
        return names(host.resolve(directory)).stream()
                .filter(name -> name.startsWith(".sk-upload-"))
                .map(host.resolve(directory)::resolve)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anUploadThatNobodyGoesOnWithExpiresInTheKernelThatBeganIt() throws IOException {
        write(process, "/w/d/f", 0, 1000);
        kernel.uploads().sweep();
        assertThat(committed()).isEqualTo(1000);
        clock = Clock.offset(Clock.systemUTC(), Duration.ofHours(25));
        kernel.uploads().sweep();
        assertFails(ErrorCode.NOT_FOUND, this::committed);
        assertThat(names(host.resolve("d"))).isEmpty();
        assertThat(names(state.resolve("uploads"))).isEmpty();
    }

    @Test
    void anUploadThatIsBeingWrittenDoesNotExpire() {
        try (StreamingWriter writer = process.write("/w/d/f", upload(0))) {
            writer.write(ByteBuffer.allocate(1000));
            clock = Clock.offset(Clock.systemUTC(), Duration.ofHours(25));
            kernel.uploads().sweep();
            assertThat(committed()).isEqualTo(1000);
            assertThat(writer.commit().totalBytes()).isEqualTo(1000);
        }
        assertThat(host.resolve("d/f")).hasSize(1000);
    }

    @Test
    void anUploadExpiresInALaterKernelToo() throws IOException {
        write(process, "/w/d/f", 0, 1000);
        clock = Clock.offset(Clock.systemUTC(), Duration.ofHours(25));
        restart();
        assertFails(ErrorCode.NOT_FOUND, this::committed);
        assertThat(names(host.resolve("d"))).isEmpty();
    }

    @Test
    void anUploadGoesWithItsDirectoryWhenThatIsRenamed() throws IOException {
        write(process, "/w/d/f", 0, 1000);
        Files.move(host.resolve("d"), host.resolve("e"));
        assertThat(committed()).isEqualTo(1000);
        write(process, "/w/e/f", 1000, 500);
        assertThat(committed()).isEqualTo(1500);
        restart();
        assertThat(committed()).as("the new place was recorded").isEqualTo(1500);
        Files.move(host.resolve("e"), host.resolve("g"));
        assertFails(ErrorCode.NOT_FOUND, this::committed);
        kernel.uploads().sweep();
        finish(process, "/w/g/f", 1500, 500);
        assertThat(host.resolve("g/f")).hasSize(2000);
        assertThat(names(host.resolve("g"))).containsExactly("f");
        assertThat(names(state.resolve("uploads"))).isEmpty();
    }

    @Test
    void anotherTargetIsAConflictAndCostsNothing() throws IOException {
        Files.createDirectory(host.resolve("other"));
        write(process, "/w/d/f", 0, 1000);
        assertFails(ErrorCode.CONFLICT, () -> finish(process, "/w/other/f", 0, 1000));
        assertFails(ErrorCode.CONFLICT, () -> finish(process, "/w/d/g", 0, 1000));
        assertThat(names(host.resolve("other"))).isEmpty();
        assertThat(committed()).isEqualTo(1000);
        finish(process, "/w/d/f", 1000, 1000);
        assertThat(host.resolve("d/f")).hasSize(2000);
    }

    /** Else its size could be asked for, and its bytes be taken for those of the upload. */
    @Test
    void aLinkInThePlaceOfWhatHasArrivedIsNotFollowed() throws IOException {
        Path secret = Files.writeString(state.resolve("secret"), "secret");
        write(process, "/w/d/f", 0, 1000);
        Path staged = staged("d");
        Files.delete(staged);
        Files.createSymbolicLink(staged, secret);
        assertFails(ErrorCode.NOT_FOUND, this::committed);
        assertFails(ErrorCode.CONFLICT, () -> finish(process, "/w/d/f", 1, 1));
        restart();
        assertFails(ErrorCode.NOT_FOUND, this::committed);
        assertFails(ErrorCode.CONFLICT, () -> finish(process, "/w/d/f", 1, 1));
        process.terminate();
        assertThat(secret).hasContent("secret");
    }

    @Test
    void anUploadOfWhichNothingIsLeftBeginsAnew() throws IOException {
        write(process, "/w/d/f", 0, 1000);
        Files.delete(staged("d"));
        assertFails(ErrorCode.CONFLICT, () -> finish(process, "/w/d/f", 1000, 1));
        finish(process, "/w/d/f", 0, 10);
        assertThat(host.resolve("d/f")).hasSize(10);
        assertThat(names(host.resolve("d"))).containsExactly("f");
    }

    @Test
    void twoKernelsCanHaveTheSameIdForTheSameFile(@TempDir Path otherState) throws IOException {
        try (LocalKernel other = kernel(otherState)) {
            KernelProcess stranger = process(other);
            write(process, "/w/d/f", 0, 1000);
            assertFails(ErrorCode.CONFLICT, () -> write(stranger, "/w/d/f", 1000, 1));
            write(stranger, "/w/d/f", 0, 10);
            assertThat(committed()).isEqualTo(1000);
            finish(stranger, "/w/d/f", 10, 10);
            assertThat(host.resolve("d/f")).hasSize(20);
            finish(process, "/w/d/f", 1000, 1000);
            assertThat(host.resolve("d/f")).hasSize(2000);
        }
        assertThat(names(host.resolve("d"))).containsExactly("f");
    }

    @Test
    void aBrokenRecordIsPutAsideAndTheKernelStarts() throws IOException {
        write(process, "/w/d/f", 0, 1000);
        kernel.close();
        Path records = state.resolve("uploads");
        String good = names(records).get(0);
        Files.writeString(records.resolve("empty.upload"), "");
        Files.writeString(records.resolve("escape.upload"), "id=\\u12");
        Files.writeString(records.resolve("copy.upload"), Files.readString(records.resolve(good)));
        Files.writeString(
                records.resolve("foreign.upload"), "id=x\npath=/w/f\ndirectory=" + state + "\nname=lock\ntarget=f\n");
        Files.writeString(records.resolve("half.new"), "id=");
        restart();
        assertThat(committed()).isEqualTo(1000);
        assertThat(names(records))
                .containsExactlyInAnyOrder(
                        good,
                        "empty.upload.broken",
                        "escape.upload.broken",
                        "copy.upload.broken",
                        "foreign.upload.broken");
        assertThat(state.resolve("lock")).exists();
    }

    @Test
    void recordsThatCannotBeListedKeepTheKernelFromStartingAndNothingElse() throws IOException {
        kernel.close();
        Files.deleteIfExists(state.resolve("uploads"));
        Files.createDirectories(state.resolve("uploads/x.new/y")); // cannot be removed as a file
        assertFails(ErrorCode.UNAVAILABLE, () -> kernel(state));
        Files.delete(state.resolve("uploads/x.new/y"));
        Files.delete(state.resolve("uploads/x.new"));
        kernel = kernel(state); // so the lock was given back
    }

    @Test
    void aFullStateDirectoryIsNoSpaceAndLeavesNothing() throws Exception {
        try (SmallDisk disk = SmallDisk.at(state.resolve("small"));
                LocalKernel small = kernel(state.resolve("small"))) {
            KernelProcess there = process(small);
            Files.createDirectory(state.resolve("small/uploads"));
            fill(state.resolve("small/junk"));
            assertFails(ErrorCode.NO_SPACE, () -> write(there, "/w/d/f", 0, 10));
            assertThat(names(state.resolve("small/uploads"))).isEmpty();
            assertThat(names(host.resolve("d"))).isEmpty();
            Files.delete(state.resolve("small/junk"));
            finish(there, "/w/d/f", 0, 10);
        }
        assertThat(host.resolve("d/f")).hasSize(10);
    }

    private static void fill(Path file) {
        try (var out = Files.newOutputStream(file)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space");
        }
    }

    /** Whoever comes first: the other one learns of it, and nothing is left over. */
    @Test
    void aRetryWhileTheCommitIsUnderWayEitherTakesOverOrFindsTheIdUnknown() throws Exception {
        int late = 0;
        for (int i = 0; i < 200; i++) {
            StreamingWriter writer = process.write("/w/d/f", upload(0));
            writer.write(ByteBuffer.allocate(1000));
            CompletableFuture<Boolean> committing = CompletableFuture.supplyAsync(() -> {
                try {
                    writer.commit();
                    return true;
                } catch (SyscallException cancelled) {
                    assertThat(cancelled.code()).isEqualTo(ErrorCode.CANCELLED);
                    return false;
                }
            });
            boolean tookOver = true;
            try {
                finish(process, "/w/d/f", 1000, 0);
            } catch (SyscallException unknown) {
                assertThat(unknown.code()).isEqualTo(ErrorCode.CONFLICT);
                assertThat(unknown).hasMessageContaining("has 0 bytes");
                tookOver = false;
                late++;
            }
            assertThat(committing.get(30, TimeUnit.SECONDS)).isEqualTo(!tookOver);
            assertThat(host.resolve("d/f")).hasSize(1000);
            assertThat(names(host.resolve("d"))).containsExactly("f");
            assertThat(names(state.resolve("uploads"))).isEmpty();
        }
        System.out.println("LocalUploadTest: of 200 retries during a commit, " + late + " came after it");
    }

    @Test
    void uploadsKeepNoHandleOfTheirDirectories() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(process, "/w/d/f", 0, 1000);
            finish(process, "/w/d/f", 1000, 1);
        }
        write(process, "/w/d/f", 0, 1000);
        process.terminate();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.map(LocalUploadTest::linkOf).filter(to -> to.startsWith(host.toString())))
                    .isEmpty();
        }
    }

    private static String linkOf(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
    }
}
