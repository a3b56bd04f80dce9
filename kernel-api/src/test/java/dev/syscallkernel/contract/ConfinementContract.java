package dev.syscallkernel.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a program cannot reach, and how much it can use. */
@Timeout(60)
public abstract class ConfinementContract extends KernelContract {
    private Path inside;
    private Path outside;
    private Shell shell;

    @BeforeEach
    final void startShell() throws IOException {
        Bubblewrap.require();
        Shell.open(host);
        Shell.open(state); // where the scratch directories are
        inside = Files.createDirectory(host.resolve("inside"));
        outside = Files.createDirectory(host.resolve("outside"));
        Shell.open(outside);
        Files.writeString(outside.resolve("secret"), "secret");
        shell = Shell.in(kernel, inside);
    }

    private String output(String script) {
        return shell.run(script).output();
    }

    private void assertRefused(String script) {
        Shell.Run run = shell.run(script);
        assertThat(run.status().code()).as(run.output()).isNotZero();
    }

    @Test
    void aProgramWritesIntoAMountAndTheKernelSeesIt() throws IOException {
        assertThat(output("echo hello > /w/f; cat /w/f")).isEqualTo("hello\n");
        assertThat(inside.resolve("f")).hasContent("hello\n");
    }

    @Test
    void aReadOnlyMountCannotBeWritten() throws IOException {
        Files.writeString(inside.resolve("f"), "x");
        shell = new Shell(
                kernel.createProcess(Shell.spec(inside, Access.READ_ONLY).build()));
        assertThat(output("cat /w/f")).isEqualTo("x");
        assertRefused("echo y > /w/f");
        assertRefused("echo y > /w/g");
        assertThat(inside.resolve("f")).hasContent("x");
    }

    @Test
    void aProgramChangesNothingThatItsProcessCouldNotChange() throws IOException {
        KernelProcess process = shell.process();
        process.updateSandbox(process.info().sandbox().withoutCapabilities(Capability.DELETE_FILE));
        assertRefused("echo y > /w/g");
        process.updateSandbox(process.info().sandbox().withoutCapabilities(Capability.READ_FILE));
        assertThat(shell.run(Command.of("ls", "/").output(Command.Output.MERGED).build())
                        .output()
                        .lines())
                .doesNotContain("w");
    }

    @Test
    void pathRulesThatCannotBeEnforcedAreNotIgnored() {
        KernelProcess process = shell.process();
        process.updateSandbox(process.info().sandbox().withBlockedPaths("/w/private"));
        SyscallException refusal = assertFails(ErrorCode.UNSUPPORTED, () -> output("true"));
        assertThat(refusal.reason()).contains("path rules");
        process.updateSandbox(process.info().sandbox().withBlockedPaths().withAllowedPaths("/w/public"));
        assertFails(ErrorCode.UNSUPPORTED, () -> output("true"));
    }

    @Test
    void theHostIsOutOfSight() {
        assertThat(output("ls -A /root /home /var /etc/passwd /etc/shadow /sys 2>/dev/null; ls -A /"))
                .isEqualTo("bin\ndev\netc\nlib\nlib64\nproc\nsbin\ntmp\nusr\nw\n");
        assertRefused("cat /etc/passwd");
        assertRefused("cat " + outside.resolve("secret"));
        assertThat(output("ls /proc | grep -c '^[0-9]'").trim()).matches("[1-6]");
    }

    @Test
    void aLinkToTheHostLeadsNowhere() throws IOException {
        Files.createSymbolicLink(inside.resolve("link"), outside.resolve("secret"));
        Files.createSymbolicLink(inside.resolve("up"), Path.of("../outside/secret"));
        Files.createSymbolicLink(inside.resolve("passwd"), Path.of("/etc/passwd"));
        assertRefused("cat /w/link");
        assertRefused("cat /w/up");
        assertRefused("cat /w/passwd");
        assertRefused("cat /proc/1/root" + outside.resolve("secret"));
    }

    @Test
    void aProgramCannotLoosenWhatConfinesIt() {
        assertRefused("mount -o remount,rw /usr");
        assertRefused("mount -o remount,rw /");
        assertRefused("mount -t tmpfs none /w");
        assertRefused("touch /usr/x");
        assertRefused("mkdir /x");
        assertRefused("echo x > /proc/sys/kernel/core_pattern");
        assertRefused("unshare -r true");
        assertRefused("unshare -U true");
        assertRefused("mknod /w/null c 1 3");
        assertRefused("nsenter -t 1 -m true");
    }

    @Test
    void aMountWhoseDirectoryWasReplacedIsNotBound() throws IOException {
        Files.move(inside, host.resolve("elsewhere"));
        Files.createSymbolicLink(inside, outside);
        SyscallException refusal = assertFails(
                ErrorCode.UNAVAILABLE,
                () -> shell.run(Command.of("cat", "/w/secret").build()));
        assertThat(refusal.getMessage()).doesNotContain(host.toString());
    }

    @Test
    void theNetworkIsDeniedWithoutTheCapability() {
        assertThat(output("tail -n +3 /proc/net/dev | cut -d: -f1").trim()).isEqualTo("lo");
        assertThat(output("cat /proc/net/unix | tail -n +2"))
                .as("abstract sockets of the host")
                .isEmpty();
        KernelProcess process = shell.process();
        process.updateSandbox(process.info().sandbox().withCapabilities(Set.of(Capability.NETWORK_ACCESS)));
        assertThat(output("readlink /proc/self/ns/net").trim()).isEqualTo(hostNetwork());
    }

    /** Tries it really, where somebody listens. */
    @Test
    void aProgramConnectsToTheHostOnlyWithTheCapability() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(10_000);
            String connect =
                    "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + listener.getLocalPort() + " && echo $0 >&3' ";
            assertRefused(connect + "denied");
            KernelProcess process = shell.process();
            process.updateSandbox(process.info().sandbox().withCapabilities(Set.of(Capability.NETWORK_ACCESS)));
            assertThat(shell.run(connect + "allowed").status().isSuccess()).isTrue();
            try (Socket first = listener.accept()) {
                assertThat(new String(first.getInputStream().readAllBytes(), UTF_8))
                        .isEqualTo("allowed\n");
            }
        }
    }

    private static String hostNetwork() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        } catch (IOException problem) {
            throw new AssertionError(problem);
        }
    }

    @Test
    void scratchDirectoriesAreSharedWithTheProcess() {
        shell = new Shell(kernel.createProcess(Shell.spec(inside, Access.READ_WRITE)
                .mount(new Mount.Scratch("/tmp"))
                .build()));
        shell.process().execute(new WriteFile("/tmp/f", new byte[] {'x', '\n'}));
        assertThat(output("cat /tmp/f; echo y > /tmp/g; ls /tmp")).isEqualTo("x\nf\ng\n");
        assertThat(shell.process().execute(new ReadFile("/tmp/g"))).isEqualTo(new byte[] {'y', '\n'});
    }

    @Test
    void aMountAtTheRootIsWhereTheProgramWorks() throws IOException {
        Files.writeString(inside.resolve("f"), "x");
        Shell.open(inside);
        KernelProcess process = kernel.createProcess(ProcessSpec.named("rooted")
                .level(SandboxLevel.PRIVILEGED)
                .grant(SandboxLevel.PRIVILEGED.capabilities())
                .mount("/", inside, Access.READ_WRITE)
                .build());
        Shell rooted = new Shell(process);
        assertThat(rooted.run(Command.of("sh", "-c", "pwd; cat f; echo y > g").build())
                        .output())
                .isEqualTo("/workspace\nx");
        assertThat(inside.resolve("g")).hasContent("y\n");
        assertThat(inside.toFile().list()).containsExactlyInAnyOrder("f", "g");
    }

    // ------------------------------------------------------------------------------------------------------ limits

    private Shell.Run limited(CommandLimits limits, String script) {
        return shell.run(Shell.script(script)
                .output(Command.Output.MERGED)
                .limits(limits)
                .build());
    }

    @Test
    void descriptorsAreLimited() {
        assertThat(output("ulimit -n")).isEqualTo("256\n");
        assertThat(limited(CommandLimits.DEFAULT.withDescriptors(20), "ulimit -n; ulimit -n 21")
                        .output())
                .startsWith("20\n");
    }

    @Test
    void noMoreFilesCanBeOpenedThanTheLimitSays() {
        Shell.Run run = limited(
                CommandLimits.DEFAULT.withDescriptors(20),
                "exec perl -e 'while (open my $f, q(<), q(/dev/null)) { push @f, $f } "
                        + "print fileno($f[-1]), qq( $!\\n)'");
        assertThat(run.output()).isEqualTo("19 Too many open files\n");
    }

    @Test
    void processesAreLimitedInEachSandboxByItself() throws Exception {
        String many = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5 & done; wait";
        assertThat(limited(CommandLimits.DEFAULT.withProcesses(5), many)
                        .status()
                        .code())
                .isNotZero();
        CompletableFuture<ExitStatus> other = CompletableFuture.supplyAsync(
                () -> limited(CommandLimits.DEFAULT.withProcesses(16), many).status());
        assertThat(limited(CommandLimits.DEFAULT.withProcesses(16), many)
                        .status()
                        .isSuccess())
                .isTrue();
        assertThat(other.get().isSuccess()).isTrue();
    }

    @Test
    void theSizeOfFilesIsLimited() throws IOException {
        Shell.Run run =
                limited(CommandLimits.DEFAULT.withFileSizeBytes(1 << 20), "exec head -c 3000000 /dev/zero > /w/big");
        assertThat(run.status().cause()).isEqualTo(ExitCause.KILLED_BY_LIMIT);
        assertThat(inside.resolve("big")).hasSize(1 << 20);
    }

    @Test
    void processorTimeIsLimited() {
        Shell.Run run = limited(CommandLimits.DEFAULT.withCpuTime(Duration.ofMillis(1)), "while :; do :; done");
        assertThat(run.status().cause()).isEqualTo(ExitCause.KILLED_BY_LIMIT);
    }

    @Test
    void memoryIsLimited() {
        assertThat(limited(CommandLimits.DEFAULT.withMemoryBytes(64 << 20), "ulimit -v")
                        .output())
                .isEqualTo("65536\n");
        assertThat(limited(
                                CommandLimits.DEFAULT.withMemoryBytes(64 << 20),
                                "exec dd if=/dev/zero of=/dev/null bs=100M count=1")
                        .status()
                        .code())
                .isNotZero();
    }

    @Test
    void aFullTmpIsTheProgramsOwnProblem() {
        assertRefused("exec head -c 80000000 /dev/zero > /tmp/big");
        assertRefused("exec head -c 80000000 /dev/zero > /dev/shm/big");
        assertThat(output("ls -A /tmp /dev/shm | wc -l")).isNotEmpty();
    }

    @Test
    void theLimitsOfAProcessHoldForItsPrograms() {
        KernelProcess process = shell.process();
        process.updateSandbox(process.info()
                .sandbox()
                .withLimits(new ResourceLimits(128 << 20, Duration.ofSeconds(7), 100, 64, 64, 64, 1000, 4 << 20)));
        assertThat(limited(CommandLimits.DEFAULT.withMemoryBytes(256 << 20), "ulimit -v; ulimit -t; ulimit -n")
                        .output())
                .isEqualTo("131072\n7\n100\n");
    }
}
