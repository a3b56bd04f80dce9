package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading in chunks. */
@Timeout(60)
public abstract class StreamContract extends KernelContract {
    private KernelProcess process;
    private final Random random = new Random(42);

    @BeforeEach
    void createProcess() {
        process = kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    private byte[] file(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        Files.write(host.resolve(name), bytes);
        return bytes;
    }

    private static byte[] drain(StreamingReader reader) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (reader.next()) {
            ByteBuffer chunk = reader.chunk();
            byte[] bytes = new byte[chunk.remaining()];
            chunk.get(bytes);
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 65536",
        "1, 65536",
        "65535, 65536",
        "65536, 65536",
        "65537, 65536",
        "1000000, 1024",
        "5000000, 65536",
        "9000000, 4194304"
    })
    void deliversEveryByteInChunksOfTheSizeAskedFor(int size, int chunkSize) throws IOException {
        byte[] bytes = file("f", size);
        List<Integer> sizes = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (StreamingReader reader = process.read("/w/f", ReadOptions.DEFAULT.withChunkSize(chunkSize))) {
            while (reader.next()) {
                ByteBuffer chunk = reader.chunk();
                sizes.add(chunk.remaining());
                byte[] copy = new byte[chunk.remaining()];
                chunk.get(copy);
                out.writeBytes(copy);
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.bytesRead()).isEqualTo(size);
        }
        assertThat(Arrays.equals(out.toByteArray(), bytes)).isTrue();
        assertThat(sizes).hasSize((size + chunkSize - 1) / chunkSize);
        for (int i = 0; i < sizes.size() - 1; i++) {
            assertThat(sizes.get(i)).isEqualTo(chunkSize);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "0, 1, 1",
        "10, 0, 0",
        "99999, 1, 1",
        "99999, 10, 1",
        "100000, 10, 0",
        "100001, 10, 0",
        "9223372036854775807, 9223372036854775807, 0",
        "50000, 9223372036854775807, 50000",
        "65536, 20000, 20000"
    })
    void startsAtTheOffsetAndEndsAtTheLength(long offset, long length, int expected) throws IOException {
        byte[] bytes = file("f", 100_000);
        try (StreamingReader reader =
                process.read("/w/f", ReadOptions.DEFAULT.withOffset(offset).withLength(length))) {
            byte[] read = drain(reader);
            assertThat(read).hasSize(expected);
            if (expected > 0) {
                assertThat(read).isEqualTo(Arrays.copyOfRange(bytes, (int) offset, (int) offset + expected));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, (4 << 20) + 1, 5 << 20, Integer.MAX_VALUE, -1})
    void chunkSizesOutOfRangeAreRefused(int chunkSize) {
        assertThatThrownBy(() -> ReadOptions.DEFAULT.withChunkSize(chunkSize))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1024")
                .hasMessageContaining("4194304");
    }

    @Test
    void chunksAreReadOnly() throws IOException {
        file("f", 10);
        try (StreamingReader reader = process.read("/w/f")) {
            assertThat(reader.next()).isTrue();
            assertThatThrownBy(() -> reader.chunk().put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
            reader.chunk().get();
            assertThat(reader.chunk().remaining()).isEqualTo(10);
        }
    }

    @Test
    void thereIsNoChunkBeforeTheFirstNorAfterTheLast() throws IOException {
        file("f", 10);
        try (StreamingReader reader = process.read("/w/f")) {
            assertThatThrownBy(reader::chunk).isInstanceOf(IllegalStateException.class);
            drain(reader);
            assertThatThrownBy(reader::chunk).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void openingFailsAsReadingDoes() throws IOException {
        Files.createDirectory(host.resolve("d"));
        assertFails(ErrorCode.NOT_FOUND, () -> process.read("/w/missing").next());
        assertFails(ErrorCode.IS_A_DIRECTORY, () -> process.read("/w/d").next());
        assertFails(
                ErrorCode.PERMISSION_DENIED, () -> process.read("/elsewhere").next());
        SyscallException denied = assertFails(
                ErrorCode.PERMISSION_DENIED,
                () -> process.read("/w/../etc/passwd").next());
        assertThat(denied.syscall()).isEqualTo("stream_read");
    }

    @Test
    void aReplacedFileIsReadAsItWas() throws IOException {
        byte[] bytes = file("f", 3_000_000);
        Files.write(host.resolve("new"), new byte[3_000_000]);
        try (StreamingReader reader = process.read("/w/f", ReadOptions.DEFAULT.withChunkSize(1024))) {
            assertThat(reader.next()).isTrue();
            byte[] first = new byte[1024];
            reader.chunk().get(first);
            Files.move(host.resolve("new"), host.resolve("f"), StandardCopyOption.REPLACE_EXISTING);
            byte[] rest = drain(reader);
            assertThat(Arrays.equals(first, 0, 1024, bytes, 0, 1024)).isTrue();
            assertThat(Arrays.equals(rest, Arrays.copyOfRange(bytes, 1024, bytes.length)))
                    .isTrue();
        }
    }

    @Test
    void bytesAppendedMeanwhileAreNotRead() throws IOException {
        file("f", 3_000_000);
        try (StreamingReader reader = process.read("/w/f", ReadOptions.DEFAULT.withChunkSize(1024))) {
            assertThat(reader.next()).isTrue();
            Files.write(host.resolve("f"), new byte[100], StandardOpenOption.APPEND);
            assertThat(1024 + drain(reader).length).isEqualTo(3_000_000);
        }
    }

    @Test
    void aFileThatShrinksIsDataLoss() throws IOException {
        file("f", 64 << 20);
        try (StreamingReader reader = process.read("/w/f")) {
            assertThat(reader.next()).isTrue();
            try (FileChannel file = FileChannel.open(host.resolve("f"), StandardOpenOption.WRITE)) {
                file.truncate(1000);
            }
            assertFails(ErrorCode.DATA_LOSS, () -> drain(reader));
            assertFails(ErrorCode.DATA_LOSS, reader::next);
        }
    }

    @Test
    void aClosedReaderAnswersNothingMore() throws IOException {
        file("f", 100);
        StreamingReader reader = process.read("/w/f");
        reader.close();
        reader.close();
        assertFails(ErrorCode.CANCELLED, reader::next);
    }

    @Test
    void closingFromAnotherThreadEndsTheReading() throws Exception {
        file("f", 64 << 20);
        StreamingReader reader = process.read("/w/f", ReadOptions.DEFAULT.withChunkSize(1024));
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        CompletableFuture<SyscallException> outcome = new CompletableFuture<>();
        Thread reading = new Thread(() -> {
            try {
                assertThat(reader.next()).isTrue();
                begun.complete(null);
                while (reader.next()) {
                    if (reader.bytesRead() == 8 << 20) {
                        closed.join(); // so that the end of the file is not reached before
                    }
                }
                outcome.completeExceptionally(new AssertionError("the stream ended by itself"));
            } catch (SyscallException failure) {
                outcome.complete(failure);
            }
        });
        reading.start();
        begun.get(30, TimeUnit.SECONDS);
        reader.close();
        closed.complete(null);
        assertThat(outcome.get(30, TimeUnit.SECONDS).code()).isEqualTo(ErrorCode.CANCELLED);
        reading.join();
        awaitOpenStreams(0);
    }

    @Test
    void theEndOfTheProcessEndsItsStreams() throws IOException {
        file("f", 64 << 20);
        StreamingReader reader = process.read("/w/f");
        assertThat(reader.next()).isTrue();
        process.terminate();
        assertThatThrownBy(() -> drain(reader))
                .isInstanceOfSatisfying(
                        SyscallException.class,
                        failure -> assertThat(failure.code()).isIn(ErrorCode.CANCELLED, ErrorCode.NO_SUCH_PROCESS));
    }

    @Test
    void openStreamsAreCountedAndLimited() throws IOException {
        file("f", 16 << 20);
        process.updateSandbox(process.info().sandbox().withLimits(ResourceLimits.DEFAULT.withMaxOpenStreams(2)));
        StreamingReader a = process.read("/w/f");
        StreamingReader b = process.read("/w/f");
        assertThat(a.next()).isTrue();
        assertThat(b.next()).isTrue();
        assertThat(process.info().openStreams()).isEqualTo(2);
        SyscallException full = assertFails(
                ErrorCode.RESOURCE_EXHAUSTED, () -> process.read("/w/f").next());
        assertThat(full).hasMessageContaining("maxOpenStreams");
        a.close();
        awaitOpenStreams(1);
        try (StreamingReader again = process.read("/w/f")) {
            assertThat(again.next()).isTrue();
        }
        b.close();
        awaitOpenStreams(0);
    }

    @Test
    void anEmptyRangeBeyondTheEndIsAnEmptyStream() throws IOException {
        file("f", 10);
        try (StreamingReader reader = process.read("/w/f", ReadOptions.DEFAULT.withOffset(1L << 60))) {
            assertThat(reader.next()).isFalse();
            assertThat(reader.bytesRead()).isZero();
        }
    }

    /** Closing a remote stream takes a moment to arrive. */
    private void awaitOpenStreams(int expected) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (process.info().openStreams() != expected && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(process.info().openStreams()).isEqualTo(expected);
    }
}
