package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.FileExistsCall;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.KernelServiceGrpc.KernelServiceBlockingStub;
import dev.syscallkernel.proto.SandboxLevel;
import dev.syscallkernel.proto.SyscallRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server on a free port, whose kernel mounts a fresh directory at /workspace, and a client made of generated code. */
abstract class ServerTest {
    static final long PATIENCE_SECONDS = 30;

    @TempDir
    Path host;

    Path workspace;
    LocalKernel kernel;
    KernelServer server;
    ManagedChannel channel;

    @BeforeEach
    void startServer() throws IOException {
        workspace = Files.createDirectory(host.resolve("workspace"));
        kernel = LocalKernel.builder()
                .stateDirectory(host.resolve("state"))
                .ceiling(dev.syscallkernel.security.SandboxLevel.PRIVILEGED)
                .mount(new Mount.HostDirectory("/workspace", workspace, Access.READ_WRITE))
                .build();
        server = KernelServer.builder(kernel)
                .listen("127.0.0.1:0")
                .mountable(workspace)
                .build()
                .start();
        channel = connect();
    }

    @AfterEach
    void stopServer() throws InterruptedException {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        server.close();
        kernel.close();
    }

    ManagedChannel connect() {
        return NettyChannelBuilder.forTarget(server.address()).usePlaintext().build();
    }

    /** With a deadline, so that a server that does not answer fails the test instead of hanging it. */
    KernelServiceBlockingStub stub() {
        return KernelServiceGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    int createProcess() {
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setName("test")
                .setSandboxLevel(SandboxLevel.STANDARD)
                .build());
        assertThat(response.getSuccess()).as(response.getError()).isTrue();
        return response.getPid();
    }

    /** Proves that the server still serves others. */
    void assertServerWorks() {
        SyscallRequest exists = SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setFileExists(FileExistsCall.newBuilder().setPath("/workspace"))
                .build();
        assertThat(stub().executeSyscall(exists).getSuccess().getExists()).isTrue();
    }

    static StatusRuntimeException assertStatus(Status.Code expected, ErrorCode reason, ThrowingCallable action) {
        StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, action);
        assertThat(failure).as("a status %s", expected).isNotNull();
        assertStatus(failure, expected, reason);
        return failure;
    }

    static void assertStatus(Throwable failure, Status.Code expected, ErrorCode reason) {
        assertThat(Status.fromThrowable(failure).getCode())
                .as(String.valueOf(failure))
                .isEqualTo(expected);
        ErrorInfo info = errorInfo(failure);
        assertThat(info.getDomain()).isEqualTo("syscallkernel");
        assertThat(info.getReason()).isEqualTo(reason.name());
        assertThat(info.getMetadataOrThrow("message")).isNotBlank();
    }

    private static ErrorInfo errorInfo(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        assertThat(status).isNotNull();
        Any details = status.getDetails(0);
        try {
            return details.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException malformed) {
            throw new AssertionError(malformed);
        }
    }
}
