package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.BatchSyscallResponse;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.KernelServiceGrpc.KernelServiceStub;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.proto.TerminateProcessRequest;
import dev.syscallkernel.proto.TerminateProcessResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands that talk to a server from before there were temporary processes. */
@Timeout(60)
class OlderServerTest extends CommandTest {
    private ManagedChannel channel;
    private Server older;
    private final List<BatchSyscallRequest> batches = new CopyOnWriteArrayList<>();

    /** Hands on what it knows, and knows nothing else. */
    private final class Older extends KernelServiceGrpc.KernelServiceImplBase {
        private final KernelServiceStub newer;

        Older(KernelServiceStub newer) {
            this.newer = newer;
        }

        @Override
        public void createProcess(CreateProcessRequest request, StreamObserver<CreateProcessResponse> answers) {
            newer.createProcess(request, answers);
        }

        @Override
        public void terminateProcess(
                TerminateProcessRequest request, StreamObserver<TerminateProcessResponse> answers) {
            newer.terminateProcess(request, answers);
        }

        @Override
        public void executeSyscallBatch(BatchSyscallRequest request, StreamObserver<BatchSyscallResponse> answers) {
            batches.add(request);
            newer.executeSyscallBatch(request, answers);
        }

        @Override
        public void executeSyscall(SyscallRequest request, StreamObserver<SyscallResponse> answers) {
            newer.executeSyscall(request, answers);
        }

        @Override
        public StreamObserver<StreamSyscallRequest> streamSyscall(StreamObserver<StreamSyscallChunk> answers) {
            return newer.streamSyscall(answers);
        }
    }

    @BeforeEach
    void startOlder() throws IOException {
        channel = NettyChannelBuilder.forTarget(server.address()).usePlaintext().build();
        older = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Older(KernelServiceGrpc.newStub(channel)))
                .build()
                .start();
    }

    @AfterEach
    void stopOlder() {
        older.shutdownNow();
        channel.shutdownNow();
    }

    private CommandRun run(String command, String path) {
        return CommandRun.of(command, path, "--connect", address());
    }

    private String address() {
        return "127.0.0.1:" + older.getPort();
    }

    @Test
    void commandsDoTheirWorkAndEndTheProcessThatTheyUsed() throws IOException {
        Files.writeString(root.resolve("f"), "content");
        CommandRun listing = run("ls", "/");
        assertSuccess(listing);
        assertThat(listing.text()).contains("f");
        CommandRun reading = run("cat", "/f");
        assertSuccess(reading);
        assertThat(reading.text()).isEqualTo("content");
        assertNoProcesses();
    }

    @Test
    void aBatchHasNoTimeLimitUnlessItIsGivenOne() throws IOException {
        Path file = Files.writeString(root.resolve("batch"), "[{\"op\": \"file_exists\", \"path\": \"/f\"}]");
        assertSuccess(run("batch", file.toString()));
        assertSuccess(CommandRun.of("batch", "--timeout", "7s", file.toString(), "--connect", address()));
        assertThat(batches)
                .extracting(BatchSyscallRequest::getTimeoutMs)
                .satisfiesExactly(
                        whole -> assertThat(Duration.ofMillis(whole)).isGreaterThan(Duration.ofDays(365)),
                        given -> assertThat(given).isEqualTo(7_000));
    }

    @Test
    void whatTheServerRefusesIsTriedOnce() {
        CommandRun missing = run("cat", "/missing");
        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.errors()).contains("NOT_FOUND");
        assertNoProcesses();
    }
}
