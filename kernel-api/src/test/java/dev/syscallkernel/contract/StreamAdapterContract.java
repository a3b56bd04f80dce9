package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.Progress;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a reader can be used as, and what it tells on the way. */
@Timeout(60)
public abstract class StreamAdapterContract extends KernelContract {
    private static final int SIZE = 3_000_000;

    @TempDir
    Path outside;

    private KernelProcess process;
    private byte[] content;

    @BeforeEach
    void prepare() throws IOException {
        content = new byte[SIZE];
        new Random(11).nextBytes(content);
        Files.write(host.resolve("f"), content);
        process = kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    private StreamingReader read(ReadOptions options) {
        return process.read("/w/f", options);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /** Asks for one item after the other. */
    private static class Collecting implements Flow.Subscriber<ByteBuffer> {
        private final List<ByteBuffer> items = new ArrayList<>();
        private final CompletableFuture<Integer> end = new CompletableFuture<>();
        private final int enough;
        private Flow.Subscription subscription;

        Collecting(int enough) {
            this.enough = enough;
        }

        @Override
        public void onSubscribe(Flow.Subscription granted) {
            subscription = granted;
            granted.request(1);
        }

        @Override
        public void onNext(ByteBuffer item) {
            items.add(item);
            if (items.size() == enough) {
                subscription.cancel();
                end.complete(enough);
            } else {
                subscription.request(1);
            }
        }

        @Override
        public void onError(Throwable problem) {
            end.completeExceptionally(problem);
        }

        @Override
        public void onComplete() {
            end.complete(items.size());
        }
    }

    @Test
    void aPublisherDeliversAllAndItsChunksBelongToTheSubscriber() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try {
            Collecting subscriber = new Collecting(Integer.MAX_VALUE);
            read(ReadOptions.DEFAULT).asPublisher(executor).subscribe(subscriber);
            assertThat(subscriber.end.get(30, TimeUnit.SECONDS)).isEqualTo(46);
            ByteBuffer all = ByteBuffer.allocate(SIZE);
            subscriber.items.forEach(all::put);
            assertThat(all.array()).isEqualTo(content);
            awaitNoOpenStream();
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void aSubscriberThatHasEnoughClosesTheReader() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try {
            Collecting subscriber = new Collecting(3);
            read(ReadOptions.DEFAULT).asPublisher(executor).subscribe(subscriber);
            assertThat(subscriber.end.get(30, TimeUnit.SECONDS)).isEqualTo(3);
            awaitNoOpenStream();
        } finally {
            executor.shutdownNow();
        }
    }

    @Test
    void anExecutorThatRefusesEndsThePublisherWithAnError() throws Exception {
        Executor refusing = task -> {
            throw new RejectedExecutionException("full");
        };
        Collecting subscriber = new Collecting(Integer.MAX_VALUE);
        read(ReadOptions.DEFAULT).asPublisher(refusing).subscribe(subscriber);
        assertThatThrownBy(() -> subscriber.end.get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(RejectedExecutionException.class);
        awaitNoOpenStream();
    }

    @Test
    void anErrorOfTheSubscriberEndsThePublisher() throws Exception {
        Collecting subscriber = new Collecting(Integer.MAX_VALUE) {
            @Override
            public void onNext(ByteBuffer item) {
                throw new AssertionError("a fault, which the test has made");
            }
        };
        read(ReadOptions.DEFAULT).asPublisher(Runnable::run).subscribe(subscriber);
        assertThatThrownBy(() -> subscriber.end.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(AssertionError.class);
        awaitNoOpenStream();
    }

    @Test
    void allThatIsLeftIsTransferredToAFile() throws IOException {
        Path target = outside.resolve("copy");
        try (StreamingReader reader = read(ReadOptions.DEFAULT.withOffset(1000));
                FileChannel out = FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.transferTo(out)).isEqualTo(SIZE - 1000 - 65536);
            assertThat(reader.bytesRead()).isEqualTo(SIZE - 1000);
            assertThat(reader.next()).isFalse();
        }
        byte[] copied = Files.readAllBytes(target);
        assertThat(copied).isEqualTo(java.util.Arrays.copyOfRange(content, 1000 + 65536, SIZE));
    }

    /** Bytes whose checksum is wanted have to be looked at, and a channel need not take all of them at once. */
    @Test
    void allThatIsLeftIsTransferredToAnyChannel() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        WritableByteChannel slow = new WritableByteChannel() {
            private final WritableByteChannel channel = Channels.newChannel(out);

            @Override
            public int write(ByteBuffer source) throws IOException {
                int count = Math.min(1000, source.remaining());
                channel.write(source.slice(source.position(), count));
                source.position(source.position() + count);
                return count;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
        for (ReadOptions options : List.of(ReadOptions.DEFAULT, ReadOptions.DEFAULT.withChecksum())) {
            out.reset();
            try (StreamingReader reader = read(options)) {
                assertThat(reader.transferTo(slow)).isEqualTo(SIZE);
            }
            assertThat(out.toByteArray()).isEqualTo(content);
        }
    }

    @Test
    void anInputStreamReadsAllAndClosesTheReader() throws IOException {
        try (InputStream in = read(ReadOptions.DEFAULT).asInputStream()) {
            assertThat(in.read()).isEqualTo(content[0] & 0xff);
            assertThat(in.available()).isEqualTo(65535);
            assertThat(in.skip(9)).isEqualTo(9);
            byte[] rest = in.readAllBytes();
            assertThat(rest).isEqualTo(java.util.Arrays.copyOfRange(content, 10, SIZE));
            assertThat(in.read()).isEqualTo(-1);
        }
        awaitNoOpenStream();
    }

    @Test
    void aChannelFillsBuffersOfAnySize() throws IOException {
        ByteBuffer all = ByteBuffer.allocate(SIZE + 1);
        try (ReadableByteChannel channel = read(ReadOptions.DEFAULT).asChannel()) {
            assertThat(channel.read(ByteBuffer.allocate(0))).isZero();
            ByteBuffer small = ByteBuffer.allocate(1000);
            assertThat(channel.read(small)).isEqualTo(1000);
            all.put(small.flip());
            while (channel.read(all) >= 0) {
                assertThat(all.hasRemaining()).isTrue();
            }
            assertThat(channel.isOpen()).isTrue();
        }
        assertThat(java.util.Arrays.copyOf(all.array(), all.position())).isEqualTo(content);
        awaitNoOpenStream();
    }

    @Test
    void theChecksumIsThatOfWhatWasDelivered() {
        try (StreamingReader reader = read(ReadOptions.DEFAULT.withChecksum())) {
            while (reader.next()) {
                assertThat(reader.chunk().hasRemaining()).isTrue();
            }
            assertThat(reader.crc32c()).isEqualTo(crc(content));
        }
        try (StreamingReader reader = read(ReadOptions.DEFAULT)) {
            assertThatThrownBy(reader::crc32c).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void progressIsToldAtMostTenTimesASecondAndAtTheEnd() {
        List<Progress> heard = new ArrayList<>();
        long begin = System.nanoTime();
        ReadOptions options = ReadOptions.DEFAULT.withChunkSize(1024).withProgress(heard::add);
        try (StreamingReader reader = read(options)) {
            while (reader.next()) {
                assertThat(reader.chunk().hasRemaining()).isTrue();
            }
        }
        long tenths = (System.nanoTime() - begin) / 100_000_000;
        assertThat(heard).hasSizeBetween(1, (int) tenths + 1);
        Progress last = heard.get(heard.size() - 1);
        assertThat(last.bytes()).isEqualTo(SIZE);
        assertThat(last.totalBytes()).isEqualTo(OptionalLong.of(SIZE));
        assertThat(last.bytesPerSecond()).isPositive();
        assertThat(heard).isSortedAccordingTo((a, b) -> Long.compare(a.bytes(), b.bytes()));
    }

    @Test
    void cancellingEndsTheReading() {
        StreamingReader reader = read(ReadOptions.DEFAULT);
        reader.cancel();
        assertFails(ErrorCode.CANCELLED, reader::next);
        awaitNoOpenStream();
    }

    @Test
    void anEmptyFileThatGrowsMeanwhileStaysEmpty() throws IOException {
        Files.createFile(host.resolve("empty"));
        try (StreamingReader reader = process.read("/w/empty")) {
            Files.write(host.resolve("empty"), content);
            assertThat(reader.next()).isFalse();
            assertThat(reader.bytesRead()).isZero();
        }
    }

    private void awaitNoOpenStream() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (process.info().openStreams() != 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(process.info().openStreams()).isZero();
    }
}
