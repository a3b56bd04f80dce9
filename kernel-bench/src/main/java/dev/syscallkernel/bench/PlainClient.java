package dev.syscallkernel.bench;

import com.google.protobuf.ByteString;
import dev.syscallkernel.bench.plain.PlainChunk;
import dev.syscallkernel.bench.plain.PlainEcho;
import dev.syscallkernel.bench.plain.PlainReadRequest;
import dev.syscallkernel.bench.plain.PlainStreamGrpc;
import dev.syscallkernel.bench.plain.PlainWriteRequest;
import dev.syscallkernel.bench.plain.PlainWriteResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The baseline's client: generated stubs, as anybody would use them. */
final class PlainClient implements AutoCloseable {
    /** A chunk of 4 MiB, and what surrounds it, which is more than gRPC takes by itself. */
    static final int MAX_MESSAGE_BYTES = 5 << 20;

    private final ManagedChannel channel;

    PlainClient(String address) {
        channel = NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }

    /** Connects by a first call, as a kernel's client does when it creates a process; else the baseline's first read would. */
    void connect() {
        Object answer = PlainStreamGrpc.newBlockingStub(channel).echo(PlainEcho.getDefaultInstance());
        if (!answer.equals(PlainEcho.getDefaultInstance())) {
            throw new IllegalStateException("another answer: " + answer);
        }
    }

    /** Reads a file to its end, and sums the first byte of each chunk. */
    long read(String name, int chunkSize) {
        Iterator<PlainChunk> chunks = PlainStreamGrpc.newBlockingStub(channel)
                .read(PlainReadRequest.newBuilder()
                        .setPath(name)
                        .setChunkSize(chunkSize)
                        .build());
        long sum = 0;
        while (chunks.hasNext()) {
            sum += chunks.next().getData().byteAt(0);
        }
        return sum;
    }

    /** Writes a chunk again and again, and waits until the file is in its place. */
    long write(String name, ByteBuffer chunk, long bytes) throws InterruptedException {
        Answer answer = new Answer();
        ClientCallStreamObserver<PlainWriteRequest> call = (ClientCallStreamObserver<PlainWriteRequest>)
                PlainStreamGrpc.newStub(channel).write(answer);
        Readiness readiness = answer.readiness();
        for (long sent = 0; sent < bytes; sent += chunk.capacity()) {
            PlainWriteRequest.Builder request =
                    PlainWriteRequest.newBuilder().setData(ByteString.copyFrom(chunk.clear()));
            readiness.await();
            call.onNext((sent == 0 ? request.setPath(name) : request).build());
        }
        call.onCompleted();
        return answer.total.join();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static final class Answer implements ClientResponseObserver<PlainWriteRequest, PlainWriteResponse> {
        private final CompletableFuture<Long> total = new CompletableFuture<>();
        private @Nullable Readiness readiness;

        @Override
        public void beforeStart(ClientCallStreamObserver<PlainWriteRequest> call) {
            readiness = new Readiness(call);
        }

        private Readiness readiness() {
            if (readiness == null) {
                throw new IllegalStateException("the call has not begun");
            }
            return readiness;
        }

        @Override
        public void onNext(PlainWriteResponse response) {
            total.complete(response.getTotalBytes());
        }

        @Override
        public void onError(Throwable problem) {
            total.completeExceptionally(problem);
        }

        @Override
        public void onCompleted() {
            total.completeExceptionally(new IllegalStateException("there is no answer"));
        }
    }
}
