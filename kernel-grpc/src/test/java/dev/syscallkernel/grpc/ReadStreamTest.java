package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallChunk.ChunkCase;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading streams as other clients do it: well, badly, or not at all. */
@Timeout(120)
class ReadStreamTest extends ServerTest {

    /** A stream from the client's side, with demand given by hand. */
    private static final class Stream extends ClientCall.Listener<StreamSyscallChunk> {
        private final ClientCall<StreamSyscallRequest, StreamSyscallChunk> call;
        private final BlockingQueue<StreamSyscallChunk> messages = new LinkedBlockingQueue<>();
        private final CompletableFuture<Throwable> end = new CompletableFuture<>();

        private Stream(ManagedChannel channel) {
            call = channel.newCall(KernelServiceGrpc.getStreamSyscallMethod(), CallOptions.DEFAULT);
            call.start(this, new Metadata());
        }

        static Stream open(ManagedChannel channel, int pid, StreamFileRead read) {
            Stream stream = new Stream(channel);
            stream.call.sendMessage(
                    StreamSyscallRequest.newBuilder().setPid(pid).setRead(read).build());
            return stream;
        }

        @Override
        public void onMessage(StreamSyscallChunk message) {
            messages.add(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            end.complete(status.asRuntimeException(trailers));
        }

        StreamSyscallChunk next() throws InterruptedException {
            call.request(1);
            StreamSyscallChunk message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(message).as("a message").isNotNull();
            return message;
        }

        Throwable awaitEnd() throws Exception {
            call.request(Integer.MAX_VALUE);
            return end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private byte[] file(String name, int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.write(workspace.resolve(name), content);
        return content;
    }

    private static StreamFileRead.Builder read(String name) {
        return StreamFileRead.newBuilder().setPath("/workspace/" + name);
    }

    @Test
    void anOldClientGetsChunksOf64KibibytesAndAnEnd() throws Exception {
        byte[] content = file("f", 200_000);
        Stream stream = Stream.open(channel, createProcess(), read("f").build());
        assertThat(Status.fromThrowable(stream.awaitEnd()).getCode()).isEqualTo(Status.Code.OK);
        List<StreamSyscallChunk> all = new ArrayList<>(stream.messages);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        for (StreamSyscallChunk chunk : all.subList(0, all.size() - 1)) {
            chunk.getData().writeTo(received);
        }
        assertThat(received.toByteArray()).isEqualTo(content);
        assertThat(all).hasSize(5);
        assertThat(all.get(0).getData().size()).isEqualTo(65536);
        assertThat(all.get(4).getComplete().getTotalBytes()).isEqualTo(200_000);
    }

    @Test
    void halfClosingIsHarmless() throws Exception {
        file("f", 1000);
        Stream stream = Stream.open(channel, createProcess(), read("f").build());
        stream.call.halfClose();
        assertThat(Status.fromThrowable(stream.awaitEnd()).getCode()).isEqualTo(Status.Code.OK);
        assertThat(stream.messages).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1023, (4 << 20) + 1, 5 << 20, Integer.MAX_VALUE, -1})
    void chunkSizesOutOfRangeAreInvalid(int chunkSize) throws Exception {
        file("f", 10);
        Stream stream = Stream.open(
                channel, createProcess(), read("f").setChunkSize(chunkSize).build());
        Throwable end = stream.awaitEnd();
        assertStatus(end, Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        assertThat(end).hasMessageContaining("1024").hasMessageContaining(Integer.toUnsignedString(chunkSize));
    }

    @Test
    void anOffsetBeyondTheEndIsAnEmptyStream() throws Exception {
        file("f", 10);
        for (long offset : new long[] {10, 11, Long.MAX_VALUE}) {
            Stream stream = Stream.open(
                    channel, createProcess(), read("f").setOffset(offset).build());
            assertThat(stream.next().getComplete().getTotalBytes()).isZero();
            assertThat(Status.fromThrowable(stream.awaitEnd()).getCode()).isEqualTo(Status.Code.OK);
        }
    }

    @Test
    void offsetsThatNoFileHasAreInvalidAndLengthsMeanAll() throws Exception {
        file("f", 10);
        int pid = createProcess();
        Stream offset = Stream.open(channel, pid, read("f").setOffset(-1).build());
        assertStatus(offset.awaitEnd(), Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        Stream length =
                Stream.open(channel, pid, read("f").setOffset(4).setLength(-1).build());
        assertThat(length.next().getData().size()).isEqualTo(6);
    }

    @Test
    void aFailureIsAnErrorChunkAndAStatus() throws Exception {
        Stream stream = Stream.open(channel, createProcess(), read("missing").build());
        Throwable end = stream.awaitEnd();
        assertStatus(end, Status.Code.NOT_FOUND, ErrorCode.NOT_FOUND);
        assertThat(stream.messages).singleElement().satisfies(message -> {
            assertThat(message.getChunkCase()).isEqualTo(ChunkCase.ERROR);
            assertThat(message.getError()).contains("/workspace/missing").contains("NOT_FOUND");
        });
    }

    @Test
    void aStreamOfNobodyIsNotFound() throws Exception {
        Stream stream = Stream.open(channel, 4711, read("f").build());
        assertStatus(stream.awaitEnd(), Status.Code.NOT_FOUND, ErrorCode.NO_SUCH_PROCESS);
        assertThat(stream.messages)
                .singleElement()
                .satisfies(message -> assertThat(message.getError()).contains("4711"));
    }

    @Test
    void aFirstMessageWithoutRequestIsInvalid() throws Exception {
        Stream stream = new Stream(channel);
        stream.call.sendMessage(
                StreamSyscallRequest.newBuilder().setPid(createProcess()).build());
        assertStatus(stream.awaitEnd(), Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void aStreamWithoutAnyMessageIsInvalid() throws Exception {
        Stream stream = new Stream(channel);
        stream.call.halfClose();
        assertStatus(stream.awaitEnd(), Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
    }

    @Test
    void aClientThatVanishesFreesItsStream() throws Exception {
        file("f", 64 << 20);
        int pid = createProcess();
        ManagedChannel vanishing = connect();
        Stream stream = Stream.open(vanishing, pid, read("f").build());
        assertThat(stream.next().getData().size()).isEqualTo(65536);
        assertThat(openStreams(pid)).isEqualTo(1);
        vanishing.shutdownNow();
        awaitOpenStreams(pid, 0);
        assertServerWorks();
    }

    @Test
    void cancellingFreesTheStream() throws Exception {
        file("f", 64 << 20);
        int pid = createProcess();
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            Stream stream =
                    Stream.open(channel, pid, read("f").setChunkSize(1024).build());
            for (int chunks = random.nextInt(4); chunks > 0; chunks--) {
                stream.next();
            }
            stream.call.cancel("enough", null);
        }
        awaitOpenStreams(pid, 0);
        assertServerWorks();
    }

    @Test
    void stalledStreamsStarveNobody() throws Exception {
        file("f", 16 << 20);
        ManagedChannel lazy = NettyChannelBuilder.forTarget(server.address())
                .usePlaintext()
                .flowControlWindow(64 << 10) // so that the client does not store what it does not read
                .build();
        List<Stream> stalled = new ArrayList<>();
        for (int processes = 0; processes < 16; processes++) {
            int pid = createProcess();
            for (int streams = 0; streams < 63; streams++) {
                stalled.add(Stream.open(lazy, pid, read("f").build()));
            }
        }
        for (Stream stream : stalled) {
            assertThat(stream.next().getData().size()).isEqualTo(65536); // each one got going, and takes no more
        }
        assertServerWorks();
        byte[] content = file("g", 5_000_000);
        Stream other = Stream.open(channel, createProcess(), read("g").build());
        assertThat(Status.fromThrowable(other.awaitEnd()).getCode()).isEqualTo(Status.Code.OK);
        assertThat(other.messages.stream()
                        .mapToLong(chunk -> chunk.getData().size())
                        .sum())
                .isEqualTo(content.length);
        lazy.shutdownNow();
    }

    /** They have been read to their ends, so no file is open any more; but what was read waits for their clients. */
    @Test
    void shortStreamsThatNobodyReadsTakeTheirRoomUntilTheirClientsLeave() throws Exception {
        file("f", 300_000);
        ManagedChannel lazy = NettyChannelBuilder.forTarget(server.address())
                .usePlaintext()
                .flowControlWindow(64 << 10)
                .build();
        int chunkSize = 4 << 20;
        long fitting = Runtime.getRuntime().maxMemory() / 2 / (2L * chunkSize);
        StreamFileRead large = read("f").setChunkSize(chunkSize).build();
        List<Integer> pids = new ArrayList<>();
        for (long opened = 0; opened < fitting; opened++) {
            if (opened % 50 == 0) {
                pids.add(createProcess());
            }
            Stream.open(lazy, pids.get(pids.size() - 1), large);
        }
        int pid = createProcess();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        int refused = 0;
        while (refused < 20 && System.nanoTime() < end) {
            Throwable outcome = Stream.open(channel, pid, large).awaitEnd();
            if (Status.fromThrowable(outcome).isOk()) {
                refused = 0;
                Stream.open(lazy, pid, large); // for one of the above that this one has kept out
            } else {
                refused++;
                assertStatus(outcome, Status.Code.RESOURCE_EXHAUSTED, ErrorCode.RESOURCE_EXHAUSTED);
            }
        }
        assertThat(refused).as("refused one after the other").isEqualTo(20);
        for (int lazyPid : pids) {
            awaitOpenStreams(lazyPid, 0);
        }
        assertStatus(
                Stream.open(channel, pid, large).awaitEnd(),
                Status.Code.RESOURCE_EXHAUSTED,
                ErrorCode.RESOURCE_EXHAUSTED);
        lazy.shutdownNow();
        Throwable outcome = null;
        while (System.nanoTime() < end) {
            outcome = Stream.open(channel, pid, large).awaitEnd();
            if (Status.fromThrowable(outcome).isOk()) {
                break;
            }
        }
        assertThat(Status.fromThrowable(outcome).isOk())
                .as("there is room again")
                .isTrue();
    }

    @Test
    void aStalledStreamGoesOnWhenItsClientDoes() throws Exception {
        byte[] content = file("f", 16 << 20);
        Stream stream = Stream.open(channel, createProcess(), read("f").build());
        long received = 0;
        for (int i = 0; i < 10; i++) {
            received += stream.next().getData().size();
        }
        assertServerWorks();
        assertThat(Status.fromThrowable(stream.awaitEnd()).getCode()).isEqualTo(Status.Code.OK);
        received += stream.messages.stream()
                .mapToLong(chunk -> chunk.getData().size())
                .sum();
        assertThat(received).isEqualTo(content.length);
    }

    private int openStreams(int pid) {
        return stub().listProcesses(dev.syscallkernel.proto.ListProcessesRequest.newBuilder()
                        .setPid(pid)
                        .build())
                .getProcesses(0)
                .getOpenStreams();
    }

    /** The end of a stream takes a moment to arrive. */
    private void awaitOpenStreams(int pid, int expected) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (openStreams(pid) != expected && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(openStreams(pid)).isEqualTo(expected);
    }
}
