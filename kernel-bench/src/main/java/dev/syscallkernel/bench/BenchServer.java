package dev.syscallkernel.bench;

import com.google.protobuf.ByteString;
import dev.syscallkernel.bench.plain.PlainChunk;
import dev.syscallkernel.bench.plain.PlainReadRequest;
import dev.syscallkernel.bench.plain.PlainStreamGrpc;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.local.LocalKernel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The server's side of the remote benchmarks, in a JVM of its own: a kernel, and the baseline beside it. */
final class BenchServer {
    private BenchServer() {}

    /** Serves the directory until standard input ends. Prints the addresses of the kernel and of the baseline. */
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        Server plain = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new PlainService(directory))
                .build()
                .start();
        try (LocalKernel kernel = LocalKernel.builder()
                        .mount(new Mount.HostDirectory("/w", directory, Access.READ_WRITE))
                        .build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start()) {
            System.out.println(server.address() + " 127.0.0.1:" + plain.getPort());
            System.in.transferTo(OutputStream.nullOutputStream());
        } finally {
            plain.shutdownNow();
        }
    }

    /** What anybody would write first: generated messages, and a loop that waits until the client takes more. */
    private static final class PlainService extends PlainStreamGrpc.PlainStreamImplBase {
        private final Path directory;

        PlainService(Path directory) {
            this.directory = directory;
        }

        @Override
        public void read(PlainReadRequest request, StreamObserver<PlainChunk> observer) {
            ServerCallStreamObserver<PlainChunk> call = (ServerCallStreamObserver<PlainChunk>) observer;
            Object ready = new Object();
            call.setOnReadyHandler(() -> {
                synchronized (ready) {
                    ready.notifyAll();
                }
            });
            new Thread(() -> send(request, call, ready)).start();
        }

        private void send(PlainReadRequest request, ServerCallStreamObserver<PlainChunk> call, Object ready) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(request.getChunkSize());
            try (FileChannel file = FileChannel.open(directory.resolve(request.getPath()), StandardOpenOption.READ)) {
                while (file.read(buffer) >= 0) {
                    awaitReady(call, ready);
                    call.onNext(PlainChunk.newBuilder()
                            .setData(ByteString.copyFrom(buffer.flip()))
                            .build());
                    buffer.clear();
                }
                call.onCompleted();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private static void awaitReady(ServerCallStreamObserver<PlainChunk> call, Object ready)
                throws InterruptedException {
            synchronized (ready) {
                while (!call.isReady() && !call.isCancelled()) {
                    ready.wait(1000);
                }
            }
        }
    }
}
