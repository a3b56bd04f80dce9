package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.GetCurrentTimeCall;
import dev.syscallkernel.proto.GetEnvVarCall;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.ListProcessesRequest;
import dev.syscallkernel.proto.ReadFileCall;
import dev.syscallkernel.proto.SandboxLevel;
import dev.syscallkernel.proto.SetEnvVarCall;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.proto.TerminateProcessRequest;
import dev.syscallkernel.proto.TruncateFileCall;
import dev.syscallkernel.proto.UpdateSandboxRequest;
import dev.syscallkernel.proto.UpdateSandboxResponse;
import dev.syscallkernel.proto.WriteFileCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a client sends, it gets a clear answer, and nobody else is harmed. */
@Timeout(120)
class BadInputTest extends ServerTest {
    private static final GetCurrentTimeCall TIME = GetCurrentTimeCall.getDefaultInstance();

    @ParameterizedTest
    @ValueSource(ints = {0, 4711, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void aPidThatIsNobodysIsNotFound(int pid) {
        SyscallRequest time =
                SyscallRequest.newBuilder().setPid(pid).setGetCurrentTime(TIME).build();
        StatusRuntimeException failure =
                assertStatus(Status.Code.NOT_FOUND, ErrorCode.NO_SUCH_PROCESS, () -> stub().executeSyscall(time));
        assertThat(failure.getStatus().getDescription()).contains(Integer.toUnsignedString(pid));
        assertStatus(
                Status.Code.NOT_FOUND,
                ErrorCode.NO_SUCH_PROCESS,
                () -> stub().terminateProcess(
                                TerminateProcessRequest.newBuilder().setPid(pid).build()));
        assertStatus(
                Status.Code.NOT_FOUND,
                ErrorCode.NO_SUCH_PROCESS,
                () -> stub().updateSandbox(
                                UpdateSandboxRequest.newBuilder().setPid(pid).build()));
        assertStatus(
                Status.Code.NOT_FOUND,
                ErrorCode.NO_SUCH_PROCESS,
                () -> stub().listProcesses(
                                ListProcessesRequest.newBuilder().setPid(pid).build()));
    }

    @Test
    void aTerminatedPidIsNotFound() {
        int pid = createProcess();
        TerminateProcessRequest terminate =
                TerminateProcessRequest.newBuilder().setPid(pid).build();
        assertThat(stub().terminateProcess(terminate).getTerminated()).isTrue();
        SyscallRequest time =
                SyscallRequest.newBuilder().setPid(pid).setGetCurrentTime(TIME).build();
        assertStatus(Status.Code.NOT_FOUND, ErrorCode.NO_SUCH_PROCESS, () -> stub().executeSyscall(time));
        assertStatus(Status.Code.NOT_FOUND, ErrorCode.NO_SUCH_PROCESS, () -> stub().terminateProcess(terminate));
    }

    @Test
    void aRequestWithoutSyscallIsInvalid() {
        SyscallRequest empty =
                SyscallRequest.newBuilder().setPid(createProcess()).build();
        assertStatus(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT, () -> stub().executeSyscall(empty));
    }

    @Test
    void aSyscallFromTheFutureIsInvalid() {
        UnknownFieldSet future = UnknownFieldSet.newBuilder()
                .addField(
                        250,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(ByteString.copyFromUtf8("?"))
                                .build())
                .build();
        SyscallRequest request = SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setUnknownFields(future)
                .build();
        assertStatus(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT, () -> stub().executeSyscall(request));
    }

    @Test
    void fieldsFromTheFutureAreIgnored() {
        UnknownFieldSet future = UnknownFieldSet.newBuilder()
                .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();
        SyscallRequest request = SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setGetCurrentTime(TIME.toBuilder().setUnknownFields(future))
                .setUnknownFields(future)
                .build();
        assertThat(stub().executeSyscall(request).hasSuccess()).isTrue();
    }

    @Test
    void argumentsThatMakeNoSenseAreInvalid() {
        int pid = createProcess();
        List<SyscallRequest.Builder> requests = List.of(
                SyscallRequest.newBuilder().setGetEnvVar(GetEnvVarCall.getDefaultInstance()),
                SyscallRequest.newBuilder()
                        .setGetEnvVar(GetEnvVarCall.newBuilder().setKey("a=b")),
                SyscallRequest.newBuilder()
                        .setSetEnvVar(SetEnvVarCall.newBuilder().setKey("a\0")),
                SyscallRequest.newBuilder()
                        .setSetEnvVar(SetEnvVarCall.newBuilder().setKey("a").setValue("\0")),
                SyscallRequest.newBuilder()
                        .setTruncateFile(TruncateFileCall.newBuilder()
                                .setPath("/workspace/f")
                                .setSize(-1)));
        for (SyscallRequest.Builder request : requests) {
            assertStatus(
                    Status.Code.INVALID_ARGUMENT,
                    ErrorCode.INVALID_ARGUMENT,
                    () -> stub().executeSyscall(request.setPid(pid).build()));
        }
        assertServerWorks();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\0", "relative", "/", "//", "/workspace/\n", "/workspace/../..", "/workspace/.sk-x"})
    void strangePathsAreAnsweredByTheKernel(String path) {
        SyscallResponse response = stub().executeSyscall(SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setReadFile(ReadFileCall.newBuilder().setPath(path))
                .build());
        assertThat(response.hasError() || response.hasPermissionDenied()).isTrue();
    }

    @Test
    void aVeryLongPathIsAnsweredInFewWords() {
        SyscallResponse response = stub().executeSyscall(SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setReadFile(ReadFileCall.newBuilder().setPath("/workspace/" + "文/".repeat(500_000)))
                .build());
        assertThat(response.getError().getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_NAME_TOO_LONG);
        assertThat(response.getSerializedSize()).isLessThan(10_000);
        assertServerWorks();
    }

    @Test
    void aStatusAboutAVeryLongTextFitsIntoTheTrailers() {
        SyscallRequest request = SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setGetEnvVar(GetEnvVarCall.newBuilder().setKey("=" + "文".repeat(100_000)))
                .build();
        assertStatus(Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT, () -> stub().executeSyscall(request));
    }

    @Test
    void invalidUtf8IsInvalid() {
        ByteString path = ByteString.copyFrom(new byte[] {'/', (byte) 0xC3, (byte) 0x28});
        ByteString call = UnknownFieldSet.newBuilder()
                .addField(
                        1,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(path)
                                .build())
                .build()
                .toByteString();
        byte[] request = UnknownFieldSet.newBuilder()
                .addField(
                        1,
                        UnknownFieldSet.Field.newBuilder()
                                .addVarint(createProcess())
                                .build())
                .addField(
                        10,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(call)
                                .build())
                .build()
                .toByteArray();
        StatusRuntimeException failure = assertStatus(
                Status.Code.INVALID_ARGUMENT,
                ErrorCode.INVALID_ARGUMENT,
                () -> BytesMarshaller.call(channel, KernelServiceGrpc.getExecuteSyscallMethod(), request));
        assertThat(failure.getStatus().getDescription()).contains("UTF-8");
        assertServerWorks();
    }

    @Test
    void garbageIsInvalid() {
        for (byte[] garbage : List.of(new byte[] {-1, -1, -1}, new byte[] {10, 127, 1}, new byte[1000])) {
            assertStatus(
                    Status.Code.INVALID_ARGUMENT,
                    ErrorCode.INVALID_ARGUMENT,
                    () -> BytesMarshaller.call(channel, KernelServiceGrpc.getExecuteSyscallMethod(), garbage));
            assertStatus(
                    Status.Code.INVALID_ARGUMENT,
                    ErrorCode.INVALID_ARGUMENT,
                    () -> BytesMarshaller.call(channel, KernelServiceGrpc.getCreateProcessMethod(), garbage));
        }
    }

    @Test
    void aWriteOf100MebibytesIsRefusedWithoutHarm() {
        int pid = createProcess();
        SyscallRequest write = SyscallRequest.newBuilder()
                .setPid(pid)
                .setWriteFile(WriteFileCall.newBuilder()
                        .setPath("/workspace/big")
                        .setData(ByteString.copyFrom(new byte[100 << 20])))
                .build();
        StatusRuntimeException failure =
                catchThrowableOfType(StatusRuntimeException.class, () -> stub().executeSyscall(write));
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(failure.getStatus().getDescription()).contains(String.valueOf(KernelServer.MAX_RECEIVED_BYTES));
        assertThat(workspace.resolve("big")).doesNotExist();
        assertServerWorks();
    }

    @Test
    void aWriteBeyondTheLimitOfTheProcessIsRefusedByTheKernel() {
        SyscallResponse response = stub().executeSyscall(SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setWriteFile(WriteFileCall.newBuilder()
                        .setPath("/workspace/big")
                        .setData(ByteString.copyFrom(new byte[5 << 20])))
                .build());
        assertThat(response.getError().getCode())
                .isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
        assertThat(response.getError().getMessage()).contains("maxInlineBytes");
    }

    @Test
    void unknownLevelsAndCapabilitiesAreRefused() {
        CreateProcessResponse level = stub().createProcess(CreateProcessRequest.newBuilder()
                .setSandboxLevelValue(7)
                .build());
        assertThat(level.getSuccess()).isFalse();
        assertThat(level.getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
        UpdateSandboxResponse capability = stub().updateSandbox(UpdateSandboxRequest.newBuilder()
                .setPid(createProcess())
                .addCapabilitiesValue(13)
                .build());
        assertThat(capability.getSuccess()).isFalse();
        assertThat(capability.getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "=", "=value", "KEY", "KEY=\0"})
    void malformedVariablesAreRefused(String variable) {
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setSandboxLevel(SandboxLevel.STANDARD)
                .addEnvVars(variable)
                .build());
        assertThat(response.getSuccess()).isFalse();
        assertThat(response.getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
        assertThat(response.getError()).contains("KEY=VALUE");
    }

    @Test
    void aNameThatIsTooLongIsRefused() {
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setName("x".repeat(256))
                .build());
        assertThat(response.getSuccess()).isFalse();
        assertThat(response.getError()).contains("255");
    }

    @Test
    void aTimeLimitOfAnySizeIsUnderstood() {
        SyscallRequest request = SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setTimeoutMs(-1)
                .setGetCurrentTime(TIME)
                .build();
        assertThat(stub().executeSyscall(request).hasSuccess()).isTrue();
    }
}
