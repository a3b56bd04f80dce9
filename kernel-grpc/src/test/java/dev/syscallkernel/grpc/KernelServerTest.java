package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ListenableFuture;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.proto.GetCurrentTimeCall;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.StreamingReader;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a server comes and goes. */
@Timeout(120)
class KernelServerTest extends ServerTest {

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:50051", "[::]:0", "192.0.2.1:50051", "[2001:db8::1]:50051"})
    void otherMachinesAreNotServed(String address) {
        assertThatThrownBy(() -> KernelServer.builder(kernel).listen(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(address)
                .hasMessageContaining("no encryption and no authentication")
                .hasMessageContaining("SSH tunnel")
                .hasMessageContaining("unix:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:0", "[::1]:0", "localhost:0"})
    void theAddressIsTheRealOne(String address) throws IOException {
        try (KernelServer other = KernelServer.builder(kernel).listen(address).build()) {
            other.start();
            assertThat(other.address()).matches("(127\\.0\\.0\\.1|\\[::1]):[1-9][0-9]*");
            try (RemoteKernel remote = RemoteKernel.connect(other.address())) {
                assertThat(remote.info()).isEqualTo(kernel.info());
            }
        }
    }

    @Test
    void aPortInUseIsSaidSo() {
        try (KernelServer second =
                KernelServer.builder(kernel).listen(server.address()).build()) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(server.address())
                    .hasMessageContaining("Address already in use");
        }
        assertServerWorks();
    }

    @Test
    void aUnixSocketIsForItsOwnerAndGoesWithItsServer() throws IOException {
        Path socket = ServedKernel.socketPath();
        try (KernelServer unix = unixServer(socket)) {
            assertThat(unix.address()).isEqualTo("unix:" + socket);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-------");
            assertServes(unix);
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void theSocketOfADeadServerIsReplaced() throws IOException {
        Path socket = ServedKernel.socketPath();
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        try (KernelServer unix = unixServer(socket)) {
            assertServes(unix);
        }
    }

    @Test
    void theSocketOfALiveServerIsNotReplaced() throws IOException {
        Path socket = ServedKernel.socketPath();
        try (KernelServer first = unixServer(socket)) {
            assertThatThrownBy(() -> unixServer(socket))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another server listens there");
            assertServes(first);
        }
    }

    @Test
    void aFileThatIsNoSocketIsNotReplaced() throws IOException {
        Path file = Files.writeString(host.resolve("precious"), "content");
        assertThatThrownBy(() -> unixServer(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no socket");
        assertThat(file).hasContent("content");
    }

    @Test
    void somebodyElsesSocketIsNotRemoved() throws IOException {
        Path socket = ServedKernel.socketPath();
        KernelServer first = unixServer(socket);
        Files.delete(socket);
        try (KernelServer second = unixServer(socket)) {
            first.close();
            assertServes(second);
        }
    }

    private KernelServer unixServer(Path socket) throws IOException {
        return KernelServer.builder(kernel).listen("unix:" + socket).build().start();
    }

    private void assertServes(KernelServer other) {
        try (RemoteKernel remote = RemoteKernel.connect(other.address())) {
            assertThat(remote.info()).isEqualTo(kernel.info());
        }
    }

    @Test
    void closingLetsRunningCallsFinish() throws Exception {
        ListenableFuture<SyscallResponse> sleeping = sleep(500);
        server.close();
        assertThat(sleeping.get(PATIENCE_SECONDS, TimeUnit.SECONDS).hasSuccess())
                .isTrue();
        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> stub().executeSyscall(SyscallRequest.getDefaultInstance()));
        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void afterTheGraceTheRestEndsAsUnavailable() throws Exception {
        try (KernelServer hurried = hurriedServer()) {
            server.close();
            server = hurried;
            ManagedChannel other = connect();
            channel.shutdownNow();
            channel = other;
            ListenableFuture<SyscallResponse> sleeping = sleep(TimeUnit.HOURS.toMillis(1));
            hurried.close();
            ExecutionException failure = catchThrowableOfType(
                    ExecutionException.class, () -> sleeping.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertStatus(Throwables.getRootCause(failure), Status.Code.UNAVAILABLE, ErrorCode.UNAVAILABLE);
            assertThat(failure).hasMessageContaining("the server is stopping");
        }
    }

    @Test
    void aStreamThatNobodyReadsEndsAsUnavailableToo() throws Exception {
        Files.write(workspace.resolve("big"), new byte[8 << 20]);
        try (KernelServer hurried = hurriedServer();
                RemoteKernel remote = RemoteKernel.connect(hurried.address())) {
            KernelProcess process = remote.createProcess(
                    ProcessSpec.named("slow").grant(Capability.READ_FILE).build());
            try (StreamingReader reader = process.read("/workspace/big")) {
                assertThat(reader.next()).isTrue();
                hurried.close();
                SyscallException failure = catchThrowableOfType(SyscallException.class, () -> {
                    while (reader.next()) {
                        assertThat(reader.bytesRead()).isLessThan(8 << 20);
                    }
                });
                assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
                assertThat(failure).hasMessageContaining("stopping");
            }
        }
    }

    private KernelServer hurriedServer() throws IOException {
        return KernelServer.builder(kernel)
                .listen("127.0.0.1:0")
                .grace(Duration.ofMillis(10))
                .build()
                .start();
    }

    /** A call that has arrived at the kernel. */
    private ListenableFuture<SyscallResponse> sleep(long millis) {
        int pid = createProcess();
        ListenableFuture<SyscallResponse> sleeping = KernelServiceGrpc.newFutureStub(channel)
                .executeSyscall(SyscallRequest.newBuilder()
                        .setPid(pid)
                        .setSleep(SleepCall.newBuilder().setDurationMs(millis))
                        .build());
        // Calls of one connection arrive in their order, and this one is answered.
        assertThat(stub().executeSyscall(SyscallRequest.newBuilder()
                                .setPid(pid)
                                .setGetCurrentTime(GetCurrentTimeCall.getDefaultInstance())
                                .build())
                        .hasSuccess())
                .isTrue();
        return sleeping;
    }

    @Test
    void aDeadlineReachesTheKernel() {
        int pid = createProcess();
        SyscallRequest sleep = SyscallRequest.newBuilder()
                .setPid(pid)
                .setSleep(SleepCall.newBuilder().setDurationMs(TimeUnit.HOURS.toMillis(1)))
                .build();
        StatusRuntimeException late = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> stub().withDeadlineAfter(50, TimeUnit.MILLISECONDS).executeSyscall(sleep));
        assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        SyscallResponse timedOut =
                stub().executeSyscall(sleep.toBuilder().setTimeoutMs(50).build());
        assertThat(timedOut.getError().getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_TIMED_OUT);
        assertThat(timedOut.getError().getRetryable()).isTrue();
    }

    @Test
    void aClosedKernelIsUnavailable() {
        kernel.close();
        assertStatus(
                Status.Code.UNAVAILABLE,
                ErrorCode.UNAVAILABLE,
                () -> stub().executeSyscall(SyscallRequest.newBuilder()
                        .setPid(1)
                        .setGetCurrentTime(GetCurrentTimeCall.getDefaultInstance())
                        .build()));
    }

    @Test
    void healthIsServed() {
        for (String service : new String[] {"", "kernel.KernelService"}) {
            assertThat(HealthGrpc.newBlockingStub(channel)
                            .check(HealthCheckRequest.newBuilder()
                                    .setService(service)
                                    .build())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void reflectionKnowsTheService() throws Exception {
        CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> requests = ServerReflectionGrpc.newStub(channel)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                        answer.complete(response);
                    }

                    @Override
                    public void onError(Throwable problem) {
                        answer.completeExceptionally(problem);
                    }

                    @Override
                    public void onCompleted() {}
                });
        requests.onNext(ServerReflectionRequest.newBuilder()
                .setFileContainingSymbol("kernel.KernelService.StreamSyscall")
                .build());
        assertThat(answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .getFileDescriptorResponse()
                        .getFileDescriptorProtoCount())
                .isPositive();
        requests.onCompleted();
    }

    @Test
    void closingTwiceIsHarmlessAndSoIsClosingWhatWasNeverStarted() {
        server.close();
        server.close();
        KernelServer.builder(kernel).listen("127.0.0.1:0").build().close();
    }

    @Test
    void theAddressIsKnownFromTheStartToBeyondTheEnd() {
        String address = server.address();
        server.close();
        assertThat(server.address()).isEqualTo(address);
        try (KernelServer unstarted =
                KernelServer.builder(kernel).listen("127.0.0.1:0").build()) {
            assertThatThrownBy(unstarted::address).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void noThreadIsLeftBehind() throws Exception {
        try (RemoteKernel remote = RemoteKernel.connect(server.address())) {
            assertThat(remote.processes()).isEmpty();
        }
        server.close();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (ownThreads() > 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(ownThreads()).isZero();
    }

    private static long ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive()
                        && (thread.getName().startsWith("kernel-server")
                                || thread.getName().startsWith("kernel-client")))
                .count();
    }

    @Test
    void whatIsNotThereCannotBeMountable() {
        assertThatThrownBy(() -> KernelServer.builder(kernel)
                        .mountable(host.resolve("missing"))
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing");
    }

    @Test
    void aServerThatIsGoneIsUnavailable() {
        String address = server.address();
        server.close();
        try (RemoteKernel remote = RemoteKernel.connect(address)) {
            SyscallException failure = catchThrowableOfType(SyscallException.class, remote::info);
            assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE);
            assertThat(failure).hasMessageContaining(address).hasMessageContaining("is its server running");
        }
    }
}
