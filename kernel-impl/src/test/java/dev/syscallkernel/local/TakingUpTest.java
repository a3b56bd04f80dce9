package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An upload of which there is so much already that nobody waits for the sum of it. */
@Timeout(60)
class TakingUpTest {
    /** A hole in a file, which takes no room, and at least a minute to read. */
    private static final long HUGE = 1L << 40;

    private static final Duration SHORT = Duration.ofMillis(50);

    @TempDir
    Path host;

    @TempDir
    Path state;

    private LocalKernel kernel;
    private KernelProcess process;
    private Path staged;

    @BeforeEach
    void begin() throws IOException {
        start();
        try (StreamingWriter writer = process.write("/w/f", upload(0))) {
            writer.write(ByteBuffer.allocate(1000));
        }
        try (Stream<Path> files = Files.list(host)) {
            staged = files.findFirst().orElseThrow();
        }
        resize(HUGE);
    }

    private void start() {
        kernel = LocalKernel.builder().stateDirectory(state).build();
        process = kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    @AfterEach
    void stop() {
        kernel.close();
    }

    private void resize(long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(staged.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    private static WriteOptions upload(long offset) {
        return WriteOptions.DEFAULT.withUpload("u", offset);
    }

    private ErrorCode takeUpFor(Duration time) {
        return codeOf(() -> {
            try (StreamingWriter writer = process.execute(new OpenWriter("/w/f", upload(HUGE)), time)) {
                assertThat(writer.committedBytes()).as("it was taken up").isNegative();
            }
        });
    }

    private static ErrorCode codeOf(Runnable work) {
        SyscallException failure = catchThrowableOfType(SyscallException.class, work::run);
        assertThat(failure).isNotNull();
        return failure.code();
    }

    /** Takes it up on another thread, and returns when that is at work. The answer is how that ended. */
    private CompletableFuture<ErrorCode> takeUpBeside() throws InterruptedException {
        CountDownLatch atWork = new CountDownLatch(1);
        WriteOptions options = upload(HUGE).withProgress(progress -> atWork.countDown());
        CompletableFuture<ErrorCode> end =
                CompletableFuture.supplyAsync(() -> codeOf(() -> process.write("/w/f", options)));
        assertThat(atWork.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.info().openStreams()).isEqualTo(1);
        return end;
    }

    private static void assertCancelled(CompletableFuture<ErrorCode> end) throws Exception {
        assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo(ErrorCode.CANCELLED);
    }

    /** The upload is as it was, held by nobody, and goes on. */
    private void assertGoesOn() throws IOException {
        assertThat(process.info().openStreams()).isZero();
        assertThat(process.execute(new GetUploadStatus("u")).committedBytes()).isEqualTo(HUGE);
        resize(1000);
        try (StreamingWriter writer = process.write("/w/f", upload(1000))) {
            writer.write(ByteBuffer.allocate(24));
            assertThat(writer.commit().totalBytes()).isEqualTo(1024);
        }
        assertThat(host.toFile().list()).containsExactly("f");
    }

    @Test
    void theTimeLimitOfTheCallEndsIt() throws IOException {
        assertThat(takeUpFor(SHORT)).isEqualTo(ErrorCode.TIMED_OUT);
        assertGoesOn();
    }

    @Test
    void whoTakesItUpLaterEndsIt() throws Exception {
        CompletableFuture<ErrorCode> first = takeUpBeside();
        assertThat(takeUpFor(SHORT)).isEqualTo(ErrorCode.TIMED_OUT);
        assertCancelled(first);
        assertGoesOn();
    }

    @Test
    void theEndOfItsProcessEndsItAndTheUpload() throws Exception {
        CompletableFuture<ErrorCode> end = takeUpBeside();
        process.terminate();
        assertCancelled(end);
        assertThat(host.toFile().list()).isEmpty();
        assertThat(state.resolve("uploads").toFile().list()).isEmpty();
    }

    @Test
    void theEndOfTheKernelEndsItAndKeepsTheUpload() throws Exception {
        CompletableFuture<ErrorCode> end = takeUpBeside();
        kernel.close();
        assertCancelled(end);
        start();
        assertGoesOn();
    }
}
