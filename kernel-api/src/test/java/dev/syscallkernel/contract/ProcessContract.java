package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.GetWorkingDirectory;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.SetWorkingDirectory;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.GetEnvVar;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a logical process is: its life, its sandbox, its limits. */
public abstract class ProcessContract extends KernelContract {

    private static ProcessSpec.Builder all(String name) {
        return ProcessSpec.named(name).grant(SandboxLevel.STANDARD.capabilities());
    }

    @Test
    void aNewProcessIsAsItsSpecSays() {
        KernelProcess process = kernel.createProcess(ProcessSpec.named("indexer")
                .level(SandboxLevel.PRIVILEGED)
                .priority(7)
                .grant(Capability.READ_FILE, Capability.TIME_ACCESS)
                .mount("/data", host, Access.READ_ONLY)
                .environment("LANG", "C")
                .build());

        ProcessInfo info = process.info();
        assertThat(info.pid()).isEqualTo(process.pid());
        assertThat(info.name()).isEqualTo("indexer");
        assertThat(info.level()).isEqualTo(SandboxLevel.PRIVILEGED);
        assertThat(info.priority()).isEqualTo(7);
        assertThat(info.sandbox().capabilities())
                .containsExactlyInAnyOrder(Capability.READ_FILE, Capability.TIME_ACCESS);
        assertThat(info.mounts()).containsExactly(new ProcessInfo.MountPoint("/data", Access.READ_ONLY));
        assertThat(info.workingDirectory()).isEqualTo("/");
        assertThat(info.openStreams()).isZero();
        assertThat(process.execute(new GetEnvVar("LANG"))).isEqualTo("C");
    }

    @Test
    void aProcessWithoutGrantsCanDoNothing() throws IOException {
        Files.writeString(host.resolve("f"), "x");
        KernelProcess process = kernel.createProcess(
                ProcessSpec.named("bare").mount("/w", host, Access.READ_WRITE).build());

        SyscallException refusal =
                assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new ReadFile("/w/f")));
        assertThat(refusal.capability()).contains(Capability.READ_FILE);
        assertThat(refusal).hasMessageContaining("READ_FILE").hasMessageContaining("/w/f");
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new GetCurrentTime()));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.read("/w/f"));
    }

    @Test
    void aProcessWithoutMountsSeesNoFiles() {
        KernelProcess process = kernel.createProcess(all("blind").build());
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new ReadFile("/etc/passwd")));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new FileExists("/no/such/file")));
    }

    @Test
    void pidsAreNeverUsedTwice() {
        KernelProcess first = kernel.createProcess(all("a").build());
        assertThat(first.terminate()).isTrue();
        KernelProcess second = kernel.createProcess(all("a").build());
        assertThat(second.pid().value()).isGreaterThan(first.pid().value());
    }

    @Test
    void liveProcessesAreListedInTheOrderOfTheirPids() {
        KernelProcess a = kernel.createProcess(all("a").build());
        KernelProcess b = kernel.createProcess(all("b").build());
        KernelProcess c = kernel.createProcess(all("c").build());
        b.terminate();
        assertThat(kernel.processes()).extracting(ProcessInfo::pid).containsExactly(a.pid(), c.pid());
    }

    @Test
    void aProcessIsFoundByItsPidAndSharesItsState() {
        KernelProcess process = kernel.createProcess(
                all("a").mount("/w", host, Access.READ_WRITE).build());
        process.execute(new SetWorkingDirectory("/w"));
        KernelProcess same = kernel.process(process.pid());
        assertThat(same.execute(new GetWorkingDirectory())).isEqualTo("/w");
    }

    @Test
    void anUnknownPidIsNoSuchProcess() {
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.process(new Pid(4711)));
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.process(new Pid(Integer.MAX_VALUE)));
    }

    @Test
    void anEndedProcessAnswersNothing() {
        KernelProcess process = kernel.createProcess(
                all("a").mount("/w", host, Access.READ_WRITE).build());
        assertThat(process.terminate()).isTrue();
        assertThat(process.terminate()).isFalse();
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> process.execute(new GetCurrentTime()));
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> process.read("/w/f"));
        assertFails(ErrorCode.NO_SUCH_PROCESS, process::info);
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> process.updateSandbox(Sandbox.NOTHING));
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.process(process.pid()));
    }

    @ParameterizedTest
    @EnumSource(SandboxLevel.class)
    void aLevelIsTheCeilingOfWhatCanBeGranted(SandboxLevel level) {
        for (Capability capability : Capability.values()) {
            ProcessSpec spec =
                    ProcessSpec.named("x").level(level).grant(capability).build();
            if (level.capabilities().contains(capability)) {
                assertThatCode(() -> kernel.createProcess(spec)).doesNotThrowAnyException();
            } else {
                SyscallException refusal = assertFails(ErrorCode.PERMISSION_DENIED, () -> kernel.createProcess(spec));
                assertThat(refusal).hasMessageContaining(capability.name()).hasMessageContaining(level.name());
            }
        }
    }

    @Test
    void updatingTheSandboxReplacesIt() throws IOException {
        Files.writeString(host.resolve("f"), "x");
        KernelProcess process = kernel.createProcess(
                all("a").mount("/w", host, Access.READ_WRITE).build());
        process.updateSandbox(Sandbox.NOTHING.withCapabilities(Set.of(Capability.READ_FILE)));
        assertThat(process.execute(new ReadFile("/w/f"))).isEqualTo(new byte[] {'x'});
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new CreateFile("/w/g")));
        assertThat(process.info().sandbox().capabilities()).containsExactly(Capability.READ_FILE);

        process.updateSandbox(process.info().sandbox().withBlockedPaths("/w/f"));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new ReadFile("/w/f")));
        assertThat(process.info().sandbox().blockedPaths()).containsExactly("/w/f");
    }

    @Test
    void anUpdateBeyondTheLevelIsRefusedAndChangesNothing() {
        KernelProcess process = kernel.createProcess(all("a").build());
        Sandbox before = process.info().sandbox();
        assertFails(
                ErrorCode.PERMISSION_DENIED,
                () -> process.updateSandbox(before.withCapabilities(Set.of(Capability.SPAWN_PROCESS))));
        assertThat(process.info().sandbox()).isEqualTo(before);
    }

    @Test
    void pathRulesMustBeAbsoluteAndPlain() {
        KernelProcess process = kernel.createProcess(all("a").build());
        for (String path : List.of("", "relative", "/a/../b", "/a//b", "/a/", "/./a", "/a\0b")) {
            Sandbox sandbox = process.info().sandbox().withBlockedPaths(path);
            assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.updateSandbox(sandbox));
        }
    }

    @Test
    void inlineLimitsNameThemselvesAndTheWayOut() throws IOException {
        Files.write(host.resolve("f"), new byte[100]);
        KernelProcess process = kernel.createProcess(
                all("a").mount("/w", host, Access.READ_WRITE).build());
        Sandbox tight = process.info().sandbox().withLimits(ResourceLimits.DEFAULT.withMaxInlineBytes(64));
        process.updateSandbox(tight);

        SyscallException read = assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(new ReadFile("/w/f")));
        assertThat(read).hasMessageContaining("64").hasMessageContaining("stream");
        SyscallException write =
                assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(new WriteFile("/w/g", new byte[65])));
        assertThat(write).hasMessageContaining("64").hasMessageContaining("stream");
        assertThat(host.resolve("g")).doesNotExist();
        process.execute(new WriteFile("/w/g", new byte[64]));
        assertThat(host.resolve("g")).hasSize(64);
    }

    @Test
    void callsAreCounted() {
        KernelProcess process = kernel.createProcess(
                all("a").mount("/w", host, Access.READ_WRITE).build());
        process.execute(new GetCurrentTime());
        process.execute(new FileExists("/w/nothing"));
        assertFails(ErrorCode.NOT_FOUND, () -> process.execute(new ReadFile("/w/nothing")));
        assertThat(process.info().syscalls()).isEqualTo(3);
        assertThat(process.info().failedSyscalls()).isEqualTo(1);
    }

    @Test
    void scratchMountsArePrivateAndGoneWithTheirProcess() {
        ProcessSpec spec = all("a").mount(new Mount.Scratch("/tmp")).build();
        KernelProcess a = kernel.createProcess(spec);
        KernelProcess b = kernel.createProcess(spec);
        a.execute(new WriteFile("/tmp/f", new byte[10]));
        assertThat(a.execute(new FileExists("/tmp/f"))).isTrue();
        assertThat(b.execute(new FileExists("/tmp/f"))).isFalse();
        a.terminate();
        b.execute(new WriteFile("/tmp/g", new byte[10]));
        assertThat(b.execute(new FileExists("/tmp/g"))).isTrue();
    }

    @Test
    void aMountThatIsNoDirectoryIsRefused() throws IOException {
        Files.writeString(host.resolve("file"), "x");
        SyscallException missing = assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> kernel.createProcess(all("a").mount("/w", host.resolve("missing"), Access.READ_WRITE)
                        .build()));
        assertThat(missing).hasMessageContaining("/w");
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> kernel.createProcess(all("a").mount("/w", host.resolve("file"), Access.READ_WRITE)
                        .build()));
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void theKernelTellsWhatItIs() {
        KernelInfo info = kernel.info();
        assertThat(info.version()).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(info.ceiling()).isEqualTo(SandboxLevel.PRIVILEGED);
        assertThat(info.limits()).isEqualTo(ResourceLimits.DEFAULT);
        assertThat(info.features()).contains("streaming-read");
    }

    @Test
    void aClosedKernelSaysSo() {
        KernelProcess process = kernel.createProcess(all("a").build());
        kernel.close();
        kernel.close();
        assertFails(ErrorCode.UNAVAILABLE, () -> kernel.createProcess(all("b").build()));
        assertFails(ErrorCode.UNAVAILABLE, () -> kernel.processes());
        assertThatCode(() -> process.execute(new GetCurrentTime()))
                .isInstanceOfSatisfying(
                        SyscallException.class,
                        failure -> assertThat(failure.code()).isIn(ErrorCode.NO_SUCH_PROCESS, ErrorCode.UNAVAILABLE));
    }
}
