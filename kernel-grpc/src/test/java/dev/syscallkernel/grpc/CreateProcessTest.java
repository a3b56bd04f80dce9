package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.HostMount;
import dev.syscallkernel.proto.ListProcessesRequest;
import dev.syscallkernel.proto.MountRequest;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What processes a client can have, and which of the host's directories. */
class CreateProcessTest extends ServerTest {
    private RemoteKernel remote;

    @BeforeEach
    void connectRemotely() {
        remote = RemoteKernel.connect(server.address());
    }

    @AfterEach
    void disconnect() {
        remote.close();
    }

    private static ProcessSpec.Builder spec() {
        return ProcessSpec.named("p").grant(SandboxLevel.STANDARD.capabilities());
    }

    private SyscallException refused(ProcessSpec spec) {
        SyscallException refusal = catchThrowableOfType(SyscallException.class, () -> remote.createProcess(spec));
        assertThat(refusal).isNotNull();
        assertThat(refusal.syscall()).isEqualTo("create_process");
        return refusal;
    }

    @Test
    void aMountableDirectoryAndAnyBeneathItCanBeMounted() throws IOException {
        Path beneath = Files.createDirectories(workspace.resolve("a/b"));
        KernelProcess process = remote.createProcess(spec().mount("/all", workspace, Access.READ_ONLY)
                .mount("/part", beneath, Access.READ_WRITE)
                .mount(new Mount.Scratch("/tmp"))
                .build());
        process.execute(new WriteFile("/part/f", new byte[] {1}));
        assertThat(process.execute(new ReadFile("/all/a/b/f"))).containsExactly(1);
        process.execute(new WriteFile("/tmp/f", new byte[] {1}));
        SyscallException readOnly = catchThrowableOfType(
                SyscallException.class, () -> process.execute(new WriteFile("/all/f", new byte[1])));
        assertThat(readOnly.code()).isEqualTo(ErrorCode.READ_ONLY);
    }

    @Test
    void otherDirectoriesCannotWhetherOrNotTheyExist() throws IOException {
        Path outside = Files.createDirectory(host.resolve("outside"));
        Files.createDirectory(host.resolve("workspace-2")); // has the other's name as a prefix
        Files.createSymbolicLink(workspace.resolve("link"), outside);
        for (Path directory : List.of(
                outside,
                host,
                Path.of("/"),
                host.resolve("missing"),
                host.resolve("workspace-2"),
                workspace.resolve("link"),
                workspace.resolve("link/missing"),
                workspace.resolve("../outside"),
                workspace.resolve("../missing"))) {
            SyscallException refusal =
                    refused(spec().mount("/w", directory, Access.READ_WRITE).build());
            assertThat(refusal.code()).as(refusal.getMessage()).isEqualTo(ErrorCode.PERMISSION_DENIED);
            assertThat(refusal).hasMessageContaining("--allow-mount DIR").hasMessageContaining("/w");
        }
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void aLinkToAMountableDirectoryCanBeMounted() throws IOException {
        Path link = Files.createSymbolicLink(host.resolve("link"), workspace);
        KernelProcess process =
                remote.createProcess(spec().mount("/w", link, Access.READ_WRITE).build());
        process.execute(new WriteFile("/w/f", new byte[] {1}));
        assertThat(workspace.resolve("f")).exists();
    }

    @Test
    void aRelativeDirectoryIsRefused() {
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .addMounts(MountRequest.newBuilder()
                        .setPath("/w")
                        .setHost(HostMount.newBuilder().setDirectory("relative")))
                .build());
        assertThat(response.getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
        assertThat(response.getError()).contains("absolute");
    }

    @Test
    void aMountWithoutSourceOrWithABadPathIsRefused() {
        CreateProcessResponse sourceless = stub().createProcess(CreateProcessRequest.newBuilder()
                .addMounts(MountRequest.newBuilder().setPath("/w"))
                .build());
        assertThat(sourceless.getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
        assertThat(sourceless.getError()).contains("no source");
        CreateProcessResponse relative = stub().createProcess(CreateProcessRequest.newBuilder()
                .addMounts(MountRequest.newBuilder()
                        .setPath("../w")
                        .setHost(HostMount.newBuilder().setDirectory(workspace.toString())))
                .build());
        assertThat(relative.getCode()).isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_INVALID_ARGUMENT);
    }

    @Test
    void racyResolutionIsNotToBeHad() {
        SyscallException refusal = refused(
                spec().mount(new Mount.HostDirectory("/w", workspace, Access.READ_WRITE, Mount.Resolution.RACY_ALLOWED))
                        .build());
        assertThat(refusal.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(refusal).hasMessageContaining("racy");
    }

    @Test
    void aSpecArrivesAsItIs() {
        ResourceLimits limits = ResourceLimits.DEFAULT.withMaxOpenStreams(0).withMaxInlineBytes(123);
        Sandbox sandbox = new Sandbox(
                Set.of(Capability.READ_FILE, Capability.SPAWN_PROCESS), List.of("/w/a"), List.of("/w/a/b"), limits);
        ProcessSpec spec = ProcessSpec.named("näme")
                .level(SandboxLevel.PRIVILEGED)
                .priority(-3)
                .sandbox(sandbox)
                .mount("/w", workspace, Access.READ_ONLY)
                .environment("KEY", "a=b")
                .build();
        KernelProcess process = remote.createProcess(spec);
        ProcessInfo info = process.info();
        assertThat(info).isEqualTo(kernel.process(process.pid()).info());
        assertThat(info.name()).isEqualTo("näme");
        assertThat(info.level()).isEqualTo(SandboxLevel.PRIVILEGED);
        assertThat(info.priority()).isEqualTo(-3);
        assertThat(info.sandbox()).isEqualTo(sandbox);
        assertThat(remote.processes()).containsExactly(info);
    }

    @Test
    void withoutWordOfCapabilitiesAllOfTheLevelAreGranted() {
        int pid = createProcess();
        assertThat(stub().listProcesses(
                                ListProcessesRequest.newBuilder().setPid(pid).build())
                        .getProcesses(0)
                        .getCapabilitiesList())
                .isEqualTo(WireEnums.toWire(SandboxLevel.STANDARD.capabilities()));
    }

    @Test
    void zeroesStandForTheKernelsLimitsUnlessTheyAreMeant() {
        CreateProcessResponse response = stub().createProcess(CreateProcessRequest.newBuilder()
                .setLimits(dev.syscallkernel.proto.ResourceLimits.newBuilder()
                        .setMaxOpenStreams(3)
                        .setMaxMemoryBytes(-1)
                        .setMaxProcesses(-1))
                .build());
        ResourceLimits limits = kernel.process(new dev.syscallkernel.Pid(response.getPid()))
                .info()
                .sandbox()
                .limits()
                .orElseThrow();
        assertThat(limits.maxOpenStreams()).isEqualTo(3);
        assertThat(limits.maxInlineBytes()).isEqualTo(ResourceLimits.DEFAULT.maxInlineBytes());
        assertThat(limits.maxTasks()).isEqualTo(ResourceLimits.DEFAULT.maxTasks());
        assertThat(limits.maxMemoryBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(limits.maxProcesses()).isEqualTo(Integer.MAX_VALUE);
    }
}
