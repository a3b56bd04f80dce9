package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.proto.Capability;
import dev.syscallkernel.proto.CopyFileCall;
import dev.syscallkernel.proto.CreateDirectoryCall;
import dev.syscallkernel.proto.CreateFileCall;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.DeleteFileCall;
import dev.syscallkernel.proto.FileExistsCall;
import dev.syscallkernel.proto.FileStatCall;
import dev.syscallkernel.proto.GetCurrentTimeCall;
import dev.syscallkernel.proto.GetEnvVarCall;
import dev.syscallkernel.proto.GetSystemInfoCall;
import dev.syscallkernel.proto.GetUptimeCall;
import dev.syscallkernel.proto.GetWorkingDirectoryCall;
import dev.syscallkernel.proto.ListDirectoryCall;
import dev.syscallkernel.proto.MoveFileCall;
import dev.syscallkernel.proto.ReadFileCall;
import dev.syscallkernel.proto.RemoveDirectoryCall;
import dev.syscallkernel.proto.ResourceLimits;
import dev.syscallkernel.proto.SandboxLevel;
import dev.syscallkernel.proto.SetEnvVarCall;
import dev.syscallkernel.proto.SetWorkingDirectoryCall;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.proto.TruncateFileCall;
import dev.syscallkernel.proto.UpdateSandboxRequest;
import dev.syscallkernel.proto.UpdateSandboxResponse;
import dev.syscallkernel.proto.WaitProcessCall;
import dev.syscallkernel.proto.WriteFileCall;
import io.grpc.Status;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client of the earlier service: it sets only fields that it knew, and reads nothing but {@code data}. */
class OldClientTest extends ServerTest {
    private int pid;

    @BeforeEach
    void createOldProcess() {
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setName("old")
                .setPriority(5)
                .setSandboxLevel(SandboxLevel.STANDARD)
                .addEnvVars("LANG=C")
                .addEnvVars("EMPTY=")
                .addEnvVars("EQUATION=a=b")
                .build());
        assertThat(response.getError()).isEmpty();
        assertThat(response.getSuccess()).isTrue();
        pid = response.getPid();
        assertThat(pid).isPositive();
    }

    private SyscallResponse execute(Consumer<SyscallRequest.Builder> call) {
        SyscallRequest.Builder request = SyscallRequest.newBuilder().setPid(pid);
        call.accept(request);
        return stub().executeSyscall(request.build());
    }

    private ByteString data(Consumer<SyscallRequest.Builder> call) {
        SyscallResponse response = execute(call);
        assertThat(response.hasSuccess()).as(response.toString()).isTrue();
        return response.getSuccess().getData();
    }

    private void write(String path, String content) {
        assertThat(data(call -> call.setWriteFile(
                        WriteFileCall.newBuilder().setPath(path).setData(ByteString.copyFromUtf8(content)))))
                .isEmpty();
    }

    private String read(String path) {
        return data(call -> call.setReadFile(ReadFileCall.newBuilder().setPath(path)))
                .toStringUtf8();
    }

    private boolean exists(String path) {
        ByteString data =
                data(call -> call.setFileExists(FileExistsCall.newBuilder().setPath(path)));
        assertThat(data.size()).isEqualTo(1);
        return data.byteAt(0) == 1;
    }

    private static long littleEndian(ByteString data) {
        assertThat(data.size()).isEqualTo(8);
        return ByteBuffer.wrap(data.toByteArray())
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    @Test
    void writesAndReads() {
        write("/workspace/a.txt", "hello");
        assertThat(read("/workspace/a.txt")).isEqualTo("hello");
        assertThat(workspace.resolve("a.txt")).hasContent("hello");
    }

    @Test
    void createsMovesCopiesAndDeletes() {
        data(call -> call.setCreateFile(CreateFileCall.newBuilder().setPath("/workspace/a")));
        assertThat(exists("/workspace/a")).isTrue();
        data(call -> call.setMoveFile(
                MoveFileCall.newBuilder().setSource("/workspace/a").setDestination("/workspace/b")));
        assertThat(exists("/workspace/a")).isFalse();
        data(call -> call.setCopyFile(
                CopyFileCall.newBuilder().setSource("/workspace/b").setDestination("/workspace/c")));
        assertThat(exists("/workspace/c")).isTrue();
        data(call -> call.setDeleteFile(DeleteFileCall.newBuilder().setPath("/workspace/b")));
        assertThat(exists("/workspace/b")).isFalse();
    }

    @Test
    void createsAndRemovesDirectories() {
        data(call -> call.setCreateDirectory(CreateDirectoryCall.newBuilder().setPath("/workspace/d")));
        assertThat(workspace.resolve("d")).isDirectory();
        data(call -> call.setRemoveDirectory(RemoveDirectoryCall.newBuilder().setPath("/workspace/d")));
        assertThat(workspace.resolve("d")).doesNotExist();
    }

    @Test
    void truncates() {
        write("/workspace/a", "hello");
        data(call -> call.setTruncateFile(
                TruncateFileCall.newBuilder().setPath("/workspace/a").setSize(2)));
        assertThat(read("/workspace/a")).isEqualTo("he");
    }

    @Test
    void statIsAJsonObject() throws IOException {
        write("/workspace/a \"b\"\\.tar.gz", "hello");
        JsonObject stat = JsonParser.parseString(
                        data(call -> call.setFileStat(FileStatCall.newBuilder().setPath("/workspace/a \"b\"\\.tar.gz")))
                                .toStringUtf8())
                .getAsJsonObject();
        assertThat(stat.get("name").getAsString()).isEqualTo("a \"b\"\\.tar.gz");
        assertThat(stat.get("path").getAsString()).isEqualTo("/workspace/a \"b\"\\.tar.gz");
        assertThat(stat.get("size").getAsJsonPrimitive().isNumber()).isTrue();
        assertThat(stat.get("size").getAsLong()).isEqualTo(5);
        assertThat(stat.get("is_dir").getAsJsonPrimitive().isBoolean()).isTrue();
        assertThat(stat.get("is_dir").getAsBoolean()).isFalse();
        assertThat(stat.get("mode").getAsString()).matches("0[0-7]{3}");
        assertThat(stat.get("modified").getAsJsonPrimitive().isNumber()).isTrue();
        assertThat(stat.get("modified").getAsLong())
                .isEqualTo(Files.getLastModifiedTime(workspace.resolve("a \"b\"\\.tar.gz"))
                        .toInstant()
                        .getEpochSecond());
        assertThat(stat.get("extension").getAsString()).isEqualTo("gz");
    }

    @Test
    void aListingIsAJsonArrayOfSuchObjects() {
        write("/workspace/b.txt", "hello");
        data(call -> call.setCreateDirectory(CreateDirectoryCall.newBuilder().setPath("/workspace/a")));
        JsonArray listing = JsonParser.parseString(data(call -> call.setListDirectory(
                                ListDirectoryCall.newBuilder().setPath("/workspace")))
                        .toStringUtf8())
                .getAsJsonArray();
        assertThat(listing).hasSize(2);
        JsonObject directory = listing.get(0).getAsJsonObject();
        assertThat(directory.get("name").getAsString()).isEqualTo("a");
        assertThat(directory.get("is_dir").getAsBoolean()).isTrue();
        JsonObject file = listing.get(1).getAsJsonObject();
        assertThat(file.keySet())
                .containsExactlyInAnyOrder("name", "path", "size", "is_dir", "mode", "modified", "extension");
        assertThat(file.get("path").getAsString()).isEqualTo("/workspace/b.txt");
        assertThat(file.get("size").getAsLong()).isEqualTo(5);
    }

    @Test
    void worksInADirectory() {
        data(call ->
                call.setSetWorkingDirectory(SetWorkingDirectoryCall.newBuilder().setPath("/workspace")));
        write("relative", "hello");
        assertThat(workspace.resolve("relative")).hasContent("hello");
        assertThat(data(call -> call.setGetWorkingDirectory(GetWorkingDirectoryCall.getDefaultInstance()))
                        .toStringUtf8())
                .isEqualTo("/workspace");
    }

    @Test
    void hasTheEnvironmentItWasGiven() {
        assertThat(variable("LANG")).isEqualTo("C");
        assertThat(variable("EMPTY")).isEmpty();
        assertThat(variable("EQUATION")).isEqualTo("a=b");
        data(call -> call.setSetEnvVar(SetEnvVarCall.newBuilder().setKey("NEW").setValue("värde")));
        assertThat(variable("NEW")).isEqualTo("värde");
        assertThat(execute(call -> call.setGetEnvVar(GetEnvVarCall.newBuilder().setKey("MISSING")))
                        .hasError())
                .isTrue();
    }

    private String variable(String key) {
        return data(call -> call.setGetEnvVar(GetEnvVarCall.newBuilder().setKey(key)))
                .toStringUtf8();
    }

    @Test
    void tellsTheTimeInLittleEndianSeconds() {
        long now = Instant.now().getEpochSecond();
        assertThat(littleEndian(data(call -> call.setGetCurrentTime(GetCurrentTimeCall.getDefaultInstance()))))
                .isBetween(now, now + PATIENCE_SECONDS);
        assertThat(littleEndian(data(call -> call.setGetUptime(GetUptimeCall.getDefaultInstance()))))
                .isBetween(0L, 3600L);
    }

    @Test
    void sleeps() {
        assertThat(data(call -> call.setSleep(SleepCall.newBuilder().setDurationMs(1))))
                .isEmpty();
    }

    @Test
    void systemInformationIsAJsonObject() {
        JsonObject info = JsonParser.parseString(
                        data(call -> call.setGetSystemInfo(GetSystemInfoCall.getDefaultInstance()))
                                .toStringUtf8())
                .getAsJsonObject();
        assertThat(info.get("processors").getAsInt()).isPositive();
        assertThat(info.get("operating_system").getAsString()).isNotBlank();
    }

    @Test
    void failuresSayWhat() {
        SyscallResponse missing =
                execute(call -> call.setReadFile(ReadFileCall.newBuilder().setPath("/workspace/x")));
        assertThat(missing.getError().getMessage()).contains("/workspace/x");
        SyscallResponse denied =
                execute(call -> call.setReadFile(ReadFileCall.newBuilder().setPath("/etc/passwd")));
        assertThat(denied.getPermissionDenied().getReason()).isNotBlank();
    }

    @Test
    void updatesItsSandbox() {
        write("/workspace/a", "hello");
        UpdateSandboxResponse response = stub().updateSandbox(UpdateSandboxRequest.newBuilder()
                .setPid(pid)
                .addCapabilities(Capability.READ_FILE)
                .addBlockedPaths("/workspace/secret")
                .setLimits(ResourceLimits.newBuilder().setMaxFileDescriptors(10))
                .build());
        assertThat(response.getError()).isEmpty();
        assertThat(response.getSuccess()).isTrue();
        assertThat(read("/workspace/a")).isEqualTo("hello"); // the limits it did not name are the kernel's, not zero
        assertThat(execute(call -> call.setWriteFile(WriteFileCall.newBuilder().setPath("/workspace/a")))
                        .hasPermissionDenied())
                .isTrue();
    }

    @Test
    void cannotGetMoreThanItsLevel() {
        UpdateSandboxResponse response = stub().updateSandbox(UpdateSandboxRequest.newBuilder()
                .setPid(pid)
                .addCapabilities(Capability.SPAWN_PROCESS)
                .build());
        assertThat(response.getSuccess()).isFalse();
        assertThat(response.getError()).contains("SPAWN_PROCESS");
    }

    @Test
    void startsAProgramWithAProcess() throws IOException {
        Bubblewrap.require();
        for (Path directory : List.of(host, workspace)) { // which the user of programs has to enter
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setName("program")
                .setSandboxLevel(SandboxLevel.PRIVILEGED)
                .setCommand("sh")
                .addArgs("-c")
                .addArgs("exit $CODE")
                .addEnvVars("CODE=7")
                .build());
        assertThat(response.getError()).isEmpty();
        assertThat(response.getOsPid()).isPositive();
        pid = response.getPid();
        String status = data(call ->
                        call.setWaitProcess(WaitProcessCall.newBuilder().setTargetPid(response.getProgramPid())))
                .toStringUtf8();
        assertThat(status).startsWith("{\"code\":7,");
    }

    @Test
    void getsNoProcessWithoutTheProgramItAskedFor() {
        Bubblewrap.require();
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setName("program")
                .setSandboxLevel(SandboxLevel.PRIVILEGED)
                .setCommand("/bin/no-such-program")
                .build());
        assertThat(response.getSuccess()).isFalse();
        assertThat(response.getPid()).isZero();
        assertThat(response.getError()).contains("no such program");
    }

    @Test
    void anUnknownPidIsAStatus() {
        pid = 4711;
        assertStatus(
                Status.Code.NOT_FOUND,
                ErrorCode.NO_SUCH_PROCESS,
                () -> execute(call -> call.setReadFile(ReadFileCall.newBuilder().setPath("/workspace/x"))));
    }
}
