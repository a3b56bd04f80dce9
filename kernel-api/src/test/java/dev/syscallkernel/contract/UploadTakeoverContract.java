package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a writer takes and refuses, and who may end it. */
@Timeout(60)
public abstract class UploadTakeoverContract extends KernelContract {
    private KernelProcess process;

    @BeforeEach
    void createProcess() {
        process = kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    private static WriteOptions upload(long offset) {
        return WriteOptions.DEFAULT.withUpload("u", offset);
    }

    private void awaitCommitted(long bytes) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (process.execute(new GetUploadStatus("u")).committedBytes() != bytes && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aCallThatCannotGoOnDoesNotEndTheWriterThatCan() {
        try (StreamingWriter writer = process.write("/w/f", upload(0))) {
            writer.write(ByteBuffer.allocate(1000));
            awaitCommitted(1000);
            assertFails(ErrorCode.CONFLICT, () -> process.write("/w/other", upload(1000)));
            assertFails(ErrorCode.CONFLICT, () -> process.write("/w/f", upload(1001)));
            writer.write(ByteBuffer.allocate(1000));
            assertThat(writer.commit().totalBytes()).isEqualTo(2000);
        }
        assertThat(host.resolve("f")).hasSize(2000);
    }

    @Test
    void anEmptyWriteFailsAsAnyOtherOnceTheStreamIsOver() {
        StreamingWriter closed = process.write("/w/f");
        closed.write(ByteBuffer.allocate(0));
        closed.close();
        assertFails(ErrorCode.CANCELLED, () -> closed.write(ByteBuffer.allocate(0)));
        assertFails(ErrorCode.CANCELLED, () -> closed.write(ByteBuffer.allocate(0), 0));
        StreamingWriter committed = process.write("/w/f");
        committed.commit();
        assertFails(ErrorCode.CANCELLED, () -> committed.write(ByteBuffer.allocate(0)));
    }

    @Test
    void aChunkThatIsTooLargeToBeCheckedIsRefusedAndTheStreamGoesOn() {
        try (StreamingWriter writer = process.write("/w/f")) {
            ByteBuffer large = ByteBuffer.allocate(ReadOptions.MAX_CHUNK_SIZE + 1);
            assertFails(ErrorCode.INVALID_ARGUMENT, () -> writer.write(large, 0));
            writer.write(large);
            assertThat(writer.commit().totalBytes()).isEqualTo(ReadOptions.MAX_CHUNK_SIZE + 1);
        }
    }

    @Test
    void aHugeDirectBufferIsWrittenWhole() {
        try (StreamingWriter writer = process.write("/w/f")) {
            ByteBuffer huge = ByteBuffer.allocateDirect(5_000_000);
            writer.write(huge);
            assertThat(huge.hasRemaining()).isFalse();
            assertThat(writer.commit().totalBytes()).isEqualTo(5_000_000);
        }
        assertThat(host.resolve("f")).hasSize(5_000_000);
    }

    /** The end of a process closes its streams; a listener that waits for it must not be waited for. */
    @Test
    void whoeverHearsOfProgressMayWaitForTheEndOfTheProcess() {
        AtomicBoolean ended = new AtomicBoolean();
        WriteOptions options = upload(0).withProgress(progress -> {
            if (!ended.get()) {
                Thread ending = new Thread(process::terminate);
                ending.start();
                try {
                    ending.join(20_000);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
                ended.set(!ending.isAlive());
            }
        });
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> {
                    try (StreamingWriter writer = process.write("/w/f", options)) {
                        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
                        while (!ended.get() && System.nanoTime() < end) {
                            writer.write(ByteBuffer.allocate(1));
                        }
                    }
                }))
                .as("an error of the closed stream, if any")
                .satisfiesAnyOf(
                        none -> assertThat(none).isNull(),
                        some -> assertThat(some).isInstanceOf(dev.syscallkernel.SyscallException.class));
        assertThat(ended).isTrue();
    }
}
