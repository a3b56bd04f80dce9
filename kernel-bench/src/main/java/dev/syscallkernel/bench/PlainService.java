package dev.syscallkernel.bench;

import com.google.protobuf.ByteString;
import dev.syscallkernel.bench.plain.PlainChunk;
import dev.syscallkernel.bench.plain.PlainEcho;
import dev.syscallkernel.bench.plain.PlainReadRequest;
import dev.syscallkernel.bench.plain.PlainStreamGrpc;
import dev.syscallkernel.bench.plain.PlainWriteRequest;
import dev.syscallkernel.bench.plain.PlainWriteResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The baseline's server: generated messages, and a loop that waits until the client takes more. */
final class PlainService extends PlainStreamGrpc.PlainStreamImplBase {
    private final Path directory;
    private final Executor readers;

    /** @param readers runs a reading call from its beginning to its end */
    PlainService(Path directory, Executor readers) {
        this.directory = directory;
        this.readers = readers;
    }

    @Override
    public void read(PlainReadRequest request, StreamObserver<PlainChunk> observer) {
        ServerCallStreamObserver<PlainChunk> call = (ServerCallStreamObserver<PlainChunk>) observer;
        Readiness readiness = new Readiness(call);
        readers.execute(() -> send(request, call, readiness));
    }

    private void send(PlainReadRequest request, StreamObserver<PlainChunk> call, Readiness readiness) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(request.getChunkSize());
        try (FileChannel file = FileChannel.open(directory.resolve(request.getPath()), StandardOpenOption.READ)) {
            while (file.read(buffer) >= 0) {
                readiness.await();
                call.onNext(PlainChunk.newBuilder()
                        .setData(ByteString.copyFrom(buffer.flip()))
                        .build());
                buffer.clear();
            }
            call.onCompleted();
        } catch (IOException | IllegalStateException failure) {
            call.onError(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            call.onError(interrupted);
        }
    }

    @Override
    public void echo(PlainEcho request, StreamObserver<PlainEcho> answer) {
        answer.onNext(request);
        answer.onCompleted();
    }

    @Override
    public StreamObserver<PlainWriteRequest> write(StreamObserver<PlainWriteResponse> answer) {
        return new Writing(answer);
    }

    /** Writes a file beside its place, and renames it when all has come. */
    private final class Writing implements StreamObserver<PlainWriteRequest> {
        private final StreamObserver<PlainWriteResponse> answer;
        private final Path temporary = directory.resolve("plain.tmp");
        private @Nullable Path target;
        private @Nullable FileChannel file;
        private long total;

        private Writing(StreamObserver<PlainWriteResponse> answer) {
            this.answer = answer;
        }

        @Override
        public void onNext(PlainWriteRequest request) {
            try {
                FileChannel out = file;
                if (out == null) {
                    target = directory.resolve(request.getPath());
                    out = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    file = out;
                }
                ByteBuffer data = request.getData().asReadOnlyByteBuffer();
                while (data.hasRemaining()) {
                    total += out.write(data);
                }
            } catch (IOException failure) {
                answer.onError(failure);
            }
        }

        @Override
        public void onCompleted() {
            try {
                if (file != null && target != null) {
                    file.close();
                    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
                }
                answer.onNext(
                        PlainWriteResponse.newBuilder().setTotalBytes(total).build());
                answer.onCompleted();
            } catch (IOException failure) {
                answer.onError(failure);
            }
        }

        @Override
        public void onError(Throwable problem) {
            try {
                if (file != null) {
                    file.close();
                }
                Files.deleteIfExists(temporary);
            } catch (IOException failure) {
                problem.addSuppressed(failure);
            }
        }
    }
}
