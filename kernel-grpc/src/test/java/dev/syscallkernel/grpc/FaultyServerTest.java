package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamStarted;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client makes of a server that loses data, or says nothing any more. */
@Timeout(60)
class FaultyServerTest {
    private static final StreamSyscallChunk STARTED = StreamSyscallChunk.newBuilder()
            .setStarted(StreamStarted.getDefaultInstance())
            .build();
    private static final StreamSyscallChunk TEN_BYTES = StreamSyscallChunk.newBuilder()
            .setData(ByteString.copyFrom(new byte[10]))
            .build();

    private Consumer<StreamObserver<StreamSyscallChunk>> onOpen = answers -> {};
    private Consumer<StreamObserver<StreamSyscallChunk>> onFinish = answers -> {};
    private Server server;
    private Connection connection;
    private RemoteProcess process;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Faulty())
                .build()
                .start();
        connection = new Connection(Endpoint.parse("127.0.0.1:" + server.getPort()), null);
        process = new RemoteProcess(connection, new Pid(1));
    }

    @AfterEach
    void stop() throws InterruptedException {
        connection.close();
        server.shutdownNow().awaitTermination(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(NetworkChunk.open()).isZero();
    }

    private final class Faulty extends KernelServiceGrpc.KernelServiceImplBase {
        @Override
        public StreamObserver<StreamSyscallRequest> streamSyscall(StreamObserver<StreamSyscallChunk> answers) {
            return new StreamObserver<>() {
                private boolean open;

                @Override
                public void onNext(StreamSyscallRequest request) {
                    if (!open) {
                        open = true;
                        answers.onNext(STARTED);
                        onOpen.accept(answers);
                    }
                    if (request.getWrite().getFinish()) {
                        onFinish.accept(answers);
                    }
                }

                @Override
                public void onError(Throwable left) {}

                @Override
                public void onCompleted() {}
            };
        }
    }

    private static StreamSyscallChunk complete(long bytes, int crc32c) {
        return StreamSyscallChunk.newBuilder()
                .setComplete(StreamComplete.newBuilder().setTotalBytes(bytes).setCrc32C(crc32c))
                .build();
    }

    private static SyscallException assertFails(ErrorCode expected, ThrowingCallable action) {
        SyscallException failure = catchThrowableOfType(SyscallException.class, action);
        assertThat(failure).isNotNull();
        assertThat(failure.code()).as(failure.getMessage()).isEqualTo(expected);
        return failure;
    }

    private static void drain(StreamingReader reader) {
        while (reader.next()) {
            assertThat(reader.chunk().remaining()).isPositive();
        }
    }

    private static void write(StreamingWriter writer) {
        writer.write(ByteBuffer.allocate(10));
        writer.commit();
    }

    @Test
    void aTotalThatDiffersFromWhatArrivedIsDataLoss() {
        onOpen = answers -> {
            answers.onNext(TEN_BYTES);
            answers.onNext(complete(11, 0));
            answers.onCompleted();
        };
        try (StreamingReader reader = process.read("/f")) {
            assertThat(assertFails(ErrorCode.DATA_LOSS, () -> drain(reader)))
                    .hasMessageContaining("10")
                    .hasMessageContaining("11");
            assertFails(ErrorCode.DATA_LOSS, reader::next);
        }
    }

    @Test
    void aChecksumThatDiffersFromWhatArrivedIsDataLoss() {
        onOpen = answers -> {
            answers.onNext(TEN_BYTES);
            answers.onNext(complete(10, 1234));
            answers.onCompleted();
        };
        try (StreamingReader reader = process.read("/f", ReadOptions.DEFAULT.withChecksum())) {
            assertFails(ErrorCode.DATA_LOSS, () -> drain(reader));
        }
    }

    @Test
    void aStreamThatEndsWithoutSayingThatAllWasSentIsDataLoss() {
        onOpen = answers -> {
            answers.onNext(TEN_BYTES);
            answers.onCompleted();
        };
        try (StreamingReader reader = process.read("/f")) {
            assertFails(ErrorCode.DATA_LOSS, () -> drain(reader));
        }
    }

    @Test
    void aWriteOfWhichTheServerHasOtherBytesIsDataLoss() {
        onFinish = answers -> {
            answers.onNext(complete(9, 0));
            answers.onCompleted();
        };
        try (StreamingWriter writer = process.write("/f")) {
            assertFails(ErrorCode.DATA_LOSS, () -> write(writer));
        }
        onFinish = answers -> {
            answers.onNext(complete(10, 1234));
            answers.onCompleted();
        };
        try (StreamingWriter writer = process.write("/f")) {
            assertFails(ErrorCode.DATA_LOSS, () -> write(writer));
        }
    }

    @Test
    void aWriteThatTheServerEndsWithoutAnAnswerFails() {
        onFinish = StreamObserver::onCompleted;
        try (StreamingWriter writer = process.write("/f")) {
            assertFails(ErrorCode.INTERNAL, () -> write(writer));
        }
    }

    @Test
    void closingFromAnotherThreadEndsAWaitForASilentServerAtOnce() throws Exception {
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < 10; i++) { // the machine may be busy at one moment, and is not at all of them
            StreamingReader reader = process.read("/f");
            CompletableFuture<SyscallException> reading = waiting(reader::next);
            long begin = System.nanoTime();
            reader.close();
            assertThat(reading.get(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS)
                            .code())
                    .isEqualTo(ErrorCode.CANCELLED);
            fastest = Math.min(fastest, System.nanoTime() - begin);
        }
        System.out.println("a waiting next() ended after " + fastest / 1000 + " us");
        assertThat(fastest).isLessThan(TimeUnit.MILLISECONDS.toNanos(100));

        StreamingWriter writer = process.write("/f");
        CompletableFuture<SyscallException> committing = waiting(writer::commit);
        writer.close();
        assertThat(committing.get(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS).code())
                .isEqualTo(ErrorCode.CANCELLED);
    }

    @Test
    void closingTheConnectionFailsAWaitForMore() throws Exception {
        onOpen = answers -> answers.onNext(TEN_BYTES);
        StreamingReader reader = process.read("/f");
        assertThat(reader.next()).isTrue();
        CompletableFuture<SyscallException> reading = waiting(reader::next);
        connection.close();
        assertThat(reading.get(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS).code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
        assertFails(ErrorCode.UNAVAILABLE, reader::next);
    }

    /**
     * The server has ended the stream well by then, and the connection has not yet heard so. What has come is dropped,
     * and whoever read false would take a part of the stream for all of it.
     */
    @Test
    void aStreamThatIsDroppedBeforeItWasReadToItsEndFails() {
        onOpen = answers -> {
            for (int i = 0; i < 3; i++) {
                answers.onNext(TEN_BYTES);
            }
            answers.onNext(complete(30, 0));
            answers.onCompleted();
        };
        StreamingReader reader = process.read("/f");
        assertThat(reader.next()).isTrue();
        awaitNoOpenStream();
        ((RemoteReader) reader).connectionClosed();
        assertFails(ErrorCode.UNAVAILABLE, () -> drain(reader));
        assertFails(ErrorCode.UNAVAILABLE, reader::next);
    }

    @Test
    void aStreamWhoseEndWasReadStaysEndedWhenTheConnectionIsClosed() {
        onOpen = answers -> {
            answers.onNext(TEN_BYTES);
            answers.onNext(complete(10, 0));
            answers.onCompleted();
        };
        StreamingReader reader = process.read("/f");
        drain(reader);
        connection.close();
        assertThat(reader.next()).isFalse();
    }

    @Test
    void streamsOfAClosedConnectionAreUnavailableAndForgotten() throws Exception {
        try (Connection limited =
                new Connection(Endpoint.parse("127.0.0.1:" + server.getPort()), Duration.ofSeconds(5))) {
            RemoteProcess there = new RemoteProcess(limited, new Pid(1));
            there.read("/f").close();
            limited.close();
            assertFails(ErrorCode.UNAVAILABLE, () -> there.read("/f"));
            assertFails(ErrorCode.UNAVAILABLE, () -> there.write("/f"));
            assertThat(limited.openStreams()).isZero();
        }
    }

    private void awaitNoOpenStream() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(ServerTest.PATIENCE_SECONDS);
        while (connection.openStreams() > 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(connection.openStreams()).isZero();
    }

    /** Starts an action on a thread of its own, and answers when it waits. */
    private static CompletableFuture<SyscallException> waiting(ThrowingCallable action) {
        CompletableFuture<SyscallException> outcome = new CompletableFuture<>();
        Thread thread = new Thread(() -> outcome.complete(catchThrowableOfType(SyscallException.class, action)));
        thread.start();
        while (thread.getState() != Thread.State.WAITING && thread.isAlive()) {
            Thread.onSpinWait();
        }
        return outcome;
    }
}
