package dev.syscallkernel.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.contract.Leftovers;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.local.child.LauncherSettings;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessSyscall;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How programs are started where the best launcher is missing, and what starting many of them costs. */
@Timeout(60)
class LauncherTest {
    private static final Path MISSING = Path.of("/nowhere/launcher");

    @TempDir
    Path host;

    @BeforeEach
    void openDirectory() throws IOException {
        Bubblewrap.require();
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    /** A kernel on a host where just this tier works, and those below it. */
    static LocalKernel.Builder only(LauncherTier tier) {
        LocalKernel.Builder kernel =
                LocalKernel.builder().ceiling(SandboxLevel.PRIVILEGED).weakestLauncher(tier);
        return switch (tier) {
            case CONFINED -> kernel;
            case CONTAINED -> kernel.launcherTools(MISSING, Path.of("/usr/bin/unshare"));
            case PLAIN -> kernel.launcherTools(MISSING, MISSING);
        };
    }

    static KernelProcess process(LocalKernel kernel, Path host, Capability... without) {
        Set<Capability> capabilities = EnumSet.allOf(Capability.class);
        capabilities.removeAll(Set.of(without));
        return kernel.createProcess(ProcessSpec.named("shell")
                .level(SandboxLevel.PRIVILEGED)
                .grant(capabilities)
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    static Command script(String text) {
        return Command.of("/bin/sh", "-c", text).workingDirectory("/w").build();
    }

    private static String output(KernelProcess process, Pid child) throws IOException {
        try (InputStream in = process.output(child, ProgramOutput.STDOUT).asInputStream()) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    /** More than processes without programs have. */
    @Test
    @Tag("long")
    void theEndOfAProcessWaitsForTheWholeGraceOfItsPrograms() throws IOException {
        try (LocalKernel kernel = only(LauncherTier.CONFINED)
                .programGrace(Duration.ofMillis(5500))
                .build()) {
            KernelProcess process = process(kernel, host);
            Pid child = process.spawn(script("trap '' TERM; echo ready; while :; do sleep 0.05; done"))
                    .pid();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                    process.output(child, ProgramOutput.STDOUT).asInputStream(), UTF_8))) {
                assertThat(lines.readLine()).isEqualTo("ready");
            }
            long program = process.execute(new ProcessSyscall.GetProcessInfo(child))
                    .child()
                    .orElseThrow()
                    .osPid();
            process.terminate();
            assertThat(ProcessHandle.of(program)).isEmpty();
        }
    }

    @Test
    void aGraceWithoutEndIsAWaitWithoutEnd() {
        Duration forever = ChronoUnit.FOREVER.getDuration();
        assertThat(LauncherSettings.DEFAULT.withGrace(forever).ending()).isGreaterThan(Duration.ofDays(36_500));
        assertThat(LauncherSettings.DEFAULT.ending()).isEqualTo(Duration.ofSeconds(8));
    }

    @Test
    void withoutBubblewrapNothingIsRunUnlessTheOperatorAllowsIt() {
        try (LocalKernel kernel = only(LauncherTier.CONFINED)
                .launcherTools(MISSING, Path.of("/usr/bin/unshare"))
                .build()) {
            KernelProcess process = process(kernel, host);
            assertThatThrownBy(() -> process.spawn(script("touch /w/ran; touch " + host + "/ran")))
                    .isInstanceOfSatisfying(SyscallException.class, refusal -> {
                        assertThat(refusal.code()).isEqualTo(ErrorCode.UNSUPPORTED);
                        assertThat(refusal.reason()).contains("apt-get install bubblewrap");
                    });
            assertThat(host).isEmptyDirectory();
            assertThat(kernel.info().launcher()).isEmpty();
            assertThat(kernel.processes()).hasSize(1);
        }
    }

    @Test
    void aWeakerLauncherThatIsAllowedIsUsedOnlyWhereItMustBe() {
        try (LocalKernel kernel = LocalKernel.builder()
                .ceiling(SandboxLevel.PRIVILEGED)
                .weakestLauncher(LauncherTier.PLAIN)
                .build()) {
            assertThat(kernel.info().launcher()).contains(LauncherTier.CONFINED);
        }
    }

    @ParameterizedTest
    @EnumSource(LauncherTier.class)
    void everyTierRunsProgramsAndTellsWhatItIs(LauncherTier tier) throws IOException {
        try (LocalKernel kernel = only(tier).build()) {
            KernelProcess process = process(kernel, host);
            assertThat(kernel.info().launcher()).contains(tier);
            Pid child = process.spawn(Command.of("/bin/sh", "-c", "echo $KEY > f; cat f; id -u; read x; exit 7")
                            .workingDirectory("/w")
                            .environment("KEY", "a b")
                            .input(Command.Input.STREAM)
                            .build())
                    .pid();
            assertThat(kernel.process(child).info().child())
                    .hasValueSatisfying(info -> assertThat(info.launcher()).isEqualTo(tier));
            process.input(child).commit();
            assertThat(output(process, child)).startsWith("a b\n").doesNotContain("\n0\n");
            ExitStatus status = process.await(child);
            assertThat(status).isEqualTo(new ExitStatus(7, 0, ExitCause.EXITED, false, tier == LauncherTier.PLAIN));
            assertThat(host.resolve("f")).hasContent("a b\n");
        }
    }

    @ParameterizedTest
    @EnumSource(LauncherTier.class)
    void everyTierEndsWhatStaysInTheSessionOfTheProgram(LauncherTier tier) throws Exception {
        String sleep = Leftovers.uniqueSleep();
        try (LocalKernel kernel = only(tier).build()) {
            KernelProcess process = process(kernel, host);
            Pid killed = process.spawn(script("sleep S & (sleep S &) ; wait".replace("S", sleep)))
                    .pid();
            Leftovers.await("sleep\0" + sleep, 2);
            process.execute(new KillProcess(killed));
            Leftovers.assertNone("sleep\0" + sleep);
            Pid ended = process.spawn(script("(sleep S &) ; exit 3".replace("S", sleep)))
                    .pid();
            assertThat(process.await(ended).code()).isEqualTo(3);
            Leftovers.assertNone("sleep\0" + sleep);
        }
    }

    @Test
    void theMiddleTierEndsDaemonsAndDeniesTheNetwork() throws Exception {
        String sleep = Leftovers.uniqueSleep();
        try (LocalKernel kernel = only(LauncherTier.CONTAINED).build()) {
            KernelProcess process = process(kernel, host, Capability.NETWORK_ACCESS);
            Pid child = process.spawn(script("tail -n +3 /proc/net/dev | cut -d: -f1; (setsid sleep S &) ; exec sleep S"
                            .replace("S", sleep)))
                    .pid();
            Leftovers.await("sleep\0" + sleep, 2);
            assertThat(process.execute(new KillProcess(child)).treeUncertain()).isFalse();
            Leftovers.assertNone("sleep\0" + sleep);
            assertThat(output(process, child).trim()).isEqualTo("lo");
        }
    }

    @Test
    void whatAWeakTierCannotDoIsRefused() {
        try (LocalKernel kernel = only(LauncherTier.PLAIN).build()) {
            KernelProcess process = process(kernel, host, Capability.NETWORK_ACCESS);
            assertThatThrownBy(() -> process.spawn(script("true")))
                    .hasMessageContaining("NETWORK_ACCESS")
                    .hasMessageContaining("UNSUPPORTED");
            KernelProcess other = process(kernel, host);
            Command few = Command.of("true")
                    .limits(CommandLimits.DEFAULT.withProcesses(5))
                    .build();
            assertThatThrownBy(() -> other.spawn(few))
                    .hasMessageContaining("processes")
                    .hasMessageContaining("UNSUPPORTED");
            Command loader =
                    Command.of("true").environment("LD_PRELOAD", "/w/x.so").build();
            assertThatThrownBy(() -> other.spawn(loader))
                    .hasMessageContaining("LD_PRELOAD")
                    .hasMessageContaining("PERMISSION_DENIED");
        }
    }

    /** What {@link #theEndOfTheJvmIsTheEndOfItsPrograms} kills. */
    static final class Victim {
        public static void main(String[] arguments) throws InterruptedException {
            LocalKernel kernel = only(LauncherTier.valueOf(arguments[0])).build();
            KernelProcess process = process(kernel, Path.of(arguments[1]));
            process.spawn(script(
                    ("trap '' TERM HUP; (setsid sleep S &) ; (setsid sh -c 'trap \"\" TERM; sleep S & wait' &) ; "
                                    + "sleep S; sleep S")
                            .replace("S", arguments[2])));
            System.out.println("ready");
            Thread.sleep(Duration.ofMinutes(5).toMillis());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"CONFINED", "CONTAINED"})
    void theEndOfTheJvmIsTheEndOfItsPrograms(LauncherTier tier) throws Exception {
        String sleep = Leftovers.uniqueSleep();
        Process jvm = new ProcessBuilder(ChildJvm.command(List.of(), Victim.class, tier.name(), host.toString(), sleep))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8))) {
            while (!"ready".equals(lines.readLine())) {
                assertThat(jvm.isAlive()).isTrue();
            }
            Leftovers.await("sleep\0" + sleep, 3);
            jvm.destroyForcibly().waitFor();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (!Leftovers.of("sleep\0" + sleep).isEmpty() && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            Leftovers.assertNone("sleep\0" + sleep);
        } finally {
            jvm.destroyForcibly();
        }
    }

    // -------------------------------------------------------------------------------------------------------- costs

    @Test
    void aChildCostsOneThreadThatWaitsForItsEnd() throws Exception {
        int count = Integer.getInteger("syscallkernel.child.count", 50);
        ResourceLimits limits = new ResourceLimits(0, Duration.ZERO, 256, count, 64, 64, 1000, 4 << 20);
        try (LocalKernel kernel = only(LauncherTier.CONFINED).limits(limits).build()) {
            KernelProcess process = process(kernel, host);
            int before = ManagementFactory.getThreadMXBean().getThreadCount();
            List<Pid> children = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                children.add(process.spawn(Command.of("sleep", "1000").build()).pid());
            }
            int threads = ManagementFactory.getThreadMXBean().getThreadCount() - before;
            System.out.println(threads + " threads for " + count + " children");
            assertThat(threads).isLessThanOrEqualTo(count + 20);
            for (Pid child : children) {
                var unused = process.executeAsync(new KillProcess(child), Duration.ofMinutes(1));
            }
            children.forEach(child -> assertThat(process.await(child).cause()).isEqualTo(ExitCause.CANCELLED));
        }
    }

    @Test
    void endedProgramsLeaveNoDescriptorNoZombieAndNoThread() throws Exception {
        Path state = Files.createDirectory(host.resolve("state"));
        try (LocalKernel kernel =
                only(LauncherTier.CONFINED).stateDirectory(state).build()) {
            KernelProcess process = process(kernel, host);
            run(process, 3); // loads what stays
            long before = descriptors();
            List<ProcessHandle> guardians = ProcessHandle.current().children().toList();
            run(process, 30);
            assertThat(descriptors()).isLessThanOrEqualTo(before);
            assertThat(ProcessHandle.current().children()).isSubsetOf(guardians);
            try (Stream<Path> files = Files.list(state.resolve("launchers"))) {
                assertThat(files).isEmpty();
            }
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (starters() + ProcessHandle.current().children().count() > 0 && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertThat(starters()).isZero();
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    private static void run(KernelProcess process, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            Pid child = process.spawn(script("echo x; exit 3")).pid();
            assertThat(output(process, child)).isEqualTo("x\n");
            assertThat(process.await(child).code()).isEqualTo(3);
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    private static long starters() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("syscallkernel-starter"))
                .count();
    }

    @Test
    void theOutputOfTooManyEndedProgramsIsNotKept() throws IOException {
        try (LocalKernel kernel = only(LauncherTier.CONFINED).build()) {
            KernelProcess process = process(kernel, host);
            List<Pid> children = new ArrayList<>();
            for (int i = 0; i < 66; i++) {
                Pid child = process.spawn(script("echo x")).pid();
                process.await(child);
                children.add(child);
            }
            assertThat(output(process, children.get(65))).isEqualTo("x\n");
            assertThatThrownBy(() -> output(process, children.get(0))).hasMessageContaining("DATA_LOSS");
            assertThat(process.await(children.get(0)).isSuccess()).isTrue();
        }
    }

    @Test
    void whatEndedIsForgottenWhenItsTimeIsUpAndWhatRunsIsNot() throws Exception {
        assertThat(LauncherSettings.DEFAULT.retention()).isEqualTo(Duration.ofMinutes(10));
        try (LocalKernel kernel = only(LauncherTier.CONFINED)
                .programRetention(Duration.ofSeconds(2))
                .build()) {
            KernelProcess process = process(kernel, host);
            Pid running = process.spawn(script("exec sleep 100")).pid();
            Pid ended = process.spawn(script("echo x; exit 3")).pid();
            assertThat(process.await(ended).code()).isEqualTo(3);
            assertThat(output(process, ended)).isEqualTo("x\n");
            assertThat(process.await(ended).code()).as("and again").isEqualTo(3);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (isKnown(process, ended) && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            assertThatThrownBy(() -> process.await(ended)).hasMessageContaining("NO_SUCH_PROCESS");
            assertThatThrownBy(() -> output(process, ended)).hasMessageContaining("NO_SUCH_PROCESS");
            assertThat(isKnown(process, running)).isTrue();
            assertThat(process.execute(new KillProcess(running)).cause()).isEqualTo(ExitCause.CANCELLED);
        }
    }

    private static boolean isKnown(KernelProcess process, Pid child) {
        try {
            return process.execute(new ProcessSyscall.GetProcessState(child)) != null;
        } catch (SyscallException unknown) {
            assertThat(unknown.code()).isEqualTo(ErrorCode.NO_SUCH_PROCESS);
            return false;
        }
    }
}
