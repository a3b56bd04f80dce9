package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.ProcessSyscall.GetProcessInfo;
import dev.syscallkernel.process.ProcessSyscall.GetProcessList;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessStats;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.SendSignal;
import dev.syscallkernel.process.ProcessSyscall.SetProcessPriority;
import dev.syscallkernel.process.ProcessSyscall.SpawnProcess;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How programs are started, told apart, waited for and ended. */
@Timeout(60)
public abstract class ChildContract extends KernelContract {
    private static final Duration MOMENT = Duration.ofMillis(200);

    private Shell shell;

    @BeforeEach
    final void startShell() {
        Bubblewrap.require();
        shell = Shell.in(kernel, host);
    }

    private void executable(String name, String content) throws IOException {
        Path file = host.resolve(name);
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    // ------------------------------------------------------------------------------------------------------- spawn

    @Test
    void argumentsArriveAsTheyAre() {
        List<String> arguments = List.of("a b", ";exit 3", "$(id)", "`id`", "*", "", "'\"\\", "-n", "ü🙂", "x\ny");
        Command command = Command.of("printf", "<%s>").arguments(arguments).build();
        assertThat(shell.run(command).output()).isEqualTo("<" + String.join("><", arguments) + ">");
    }

    @Test
    void aProgramIsFoundInAMountOnTheSystemAndAlongThePath() throws IOException {
        executable("tool", "#!/bin/sh\necho \"$0\"\n");
        Files.createDirectory(host.resolve("dir"));
        assertThat(shell.run(Command.of("/w/tool").build()).output()).isEqualTo("/w/tool\n");
        assertThat(shell.run(Command.of("../tool").workingDirectory("/w/dir").build())
                        .output())
                .isEqualTo("/w/tool\n");
        assertThat(shell.run(Command.of("/usr/bin/printf", "x").build()).output())
                .isEqualTo("x");
        assertThat(shell.run(Command.of("tool")
                                .environment("PATH", "/nowhere:/w")
                                .build())
                        .output())
                .isEqualTo("/w/tool\n");
    }

    @Test
    void whatCannotBeStartedIsRefusedBeforeAnythingStarts() throws IOException {
        Files.writeString(host.resolve("plain"), "#!/bin/sh\n");
        Files.createDirectory(host.resolve("dir"));
        Files.createSymbolicLink(host.resolve("out"), Path.of("/bin/sh"));
        refused(ErrorCode.NOT_FOUND, "no-such-program");
        refused(ErrorCode.NOT_FOUND, "/w/missing");
        refused(ErrorCode.NOT_FOUND, "/usr/bin/no-such-program");
        refused(ErrorCode.PERMISSION_DENIED, "/w/plain");
        refused(ErrorCode.IS_A_DIRECTORY, "/w/dir");
        refused(ErrorCode.PERMISSION_DENIED, "/w/out");
        refused(ErrorCode.PERMISSION_DENIED, "/etc/passwd");
        refused(ErrorCode.PERMISSION_DENIED, "/root/anything");
        assertThat(shell.process().execute(new GetProcessList())).hasSize(1);
        assertThat(kernel.processes()).hasSize(1);
    }

    private void refused(ErrorCode code, String program) {
        SyscallException refusal = assertFails(
                code, () -> shell.process().spawn(Command.of(program).build()));
        assertThat(refusal).hasMessageContaining(program).hasMessageStartingWith("spawn_process");
        assertThat(refusal.getMessage()).doesNotContain(host.toString());
    }

    @Test
    void anArgumentThatTheSystemDoesNotTakeIsRefused() {
        assertThatThrownBy(() -> Command.of("printf", "a\0b").build()).isInstanceOf(IllegalArgumentException.class);
        assertThat(shell.run(Command.of("printf", "%s", "x".repeat(100_000)).build())
                        .output())
                .hasSize(100_000);
        SyscallException refusal = assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> shell.run(Command.of("printf", "x".repeat(200_000)).build()));
        assertThat(refusal.reason()).contains("131071");
    }

    @Test
    void theEnvironmentIsWhatTheCommandNamesAndAPath() {
        Command command =
                Command.of("/usr/bin/env").environment("KEY", "a=b\nc").build();
        assertThat(shell.run(command).output().lines().filter(line -> !line.startsWith("PWD=")))
                .containsExactlyInAnyOrder("KEY=a=b", "c", "PATH=/usr/local/bin:/usr/bin:/bin");
        String everything = shell.run("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'")
                .output();
        System.getenv().values().stream()
                .filter(value -> value.length() > 12)
                .forEach(secret -> assertThat(everything).doesNotContain(secret));
        assertThat(everything).doesNotContain(host.toString());
    }

    @Test
    void theWorkingDirectoryIsAVirtualPathThatHasToBeThere() throws IOException {
        Files.createDirectory(host.resolve("dir"));
        Files.writeString(host.resolve("file"), "x");
        assertThat(shell.run(Command.of("pwd").workingDirectory("/w/dir").build())
                        .output())
                .isEqualTo("/w/dir\n");
        assertFails(
                ErrorCode.NOT_FOUND,
                () -> shell.run(Command.of("pwd").workingDirectory("/w/missing").build()));
        assertFails(
                ErrorCode.NOT_A_DIRECTORY,
                () -> shell.run(Command.of("pwd").workingDirectory("/w/file").build()));
        assertFails(
                ErrorCode.PERMISSION_DENIED,
                () -> shell.run(Command.of("pwd").workingDirectory("/etc").build()));
    }

    @Test
    void aProgramHasNoDescriptorsButItsOwn() throws IOException {
        Files.writeString(host.resolve("file"), "x");
        try (var open = shell.process().read("/w/file")) {
            assertThat(open.next()).isTrue();
            // The last one is the directory that ls reads.
            assertThat(shell.run(Command.of("ls", "/proc/self/fd").build()).output())
                    .isEqualTo("0\n1\n2\n3\n");
        }
    }

    @Test
    void aProgramOutlivesTheThreadThatStartedIt() throws Exception {
        CompletableFuture<Pid> child = new CompletableFuture<>();
        Thread starter = new Thread(() -> child.complete(shell.start("read line; sleep 0.3; echo done")));
        starter.start();
        starter.join();
        assertThat(shell.read(child.get(), ProgramOutput.STDOUT)).isEqualTo("done\n");
    }

    @Test
    void scriptsCanBeWrittenAndRunByManyThreads() throws Exception {
        int rounds = Integer.getInteger("syscallkernel.child.scripts", 3);
        inParallel(8, thread -> {
            for (int i = 0; i < rounds; i++) {
                String name = "script-" + thread + "-" + i;
                shell.process()
                        .execute(new WriteFile("/w/" + name, "#!/bin/sh\nexit 7\n".getBytes(StandardCharsets.UTF_8)));
                Files.setPosixFilePermissions(host.resolve(name), PosixFilePermissions.fromString("rwxr-xr-x"));
                assertThat(shell.run(Command.of("/w/" + name).build()))
                        .isEqualTo(new Shell.Run(new ExitStatus(7, 0, ExitCause.EXITED, false, false), ""));
            }
        });
    }

    private interface Work {
        void of(int thread) throws Exception;
    }

    private static void inParallel(int threads, Work work) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int thread = i;
                all.add(pool.submit(() -> {
                    work.of(thread);
                    return thread;
                }));
            }
            for (Future<?> one : all) {
                one.get(50, TimeUnit.SECONDS);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void aProgramIsNeverRoot() {
        assertThat(shell.run("id -u; id -G; grep CapEff /proc/self/status").output())
                .doesNotStartWith("0\n")
                .contains("CapEff:\t0000000000000000");
    }

    @Test
    void startingProgramsTakesTheCapability() {
        KernelProcess process = shell.process();
        process.updateSandbox(process.info().sandbox().withoutCapabilities(Capability.SPAWN_PROCESS));
        SyscallException refusal = assertFails(
                ErrorCode.PERMISSION_DENIED,
                () -> process.spawn(Command.of("true").build()));
        assertThat(refusal.capability()).contains(Capability.SPAWN_PROCESS);
    }

    @Test
    void aProcessHasOnlySoManyChildren() {
        KernelProcess process = shell.process();
        ResourceLimits two = new ResourceLimits(0, Duration.ZERO, 256, 2, 64, 64, 1000, 4 << 20);
        process.updateSandbox(process.info().sandbox().withLimits(two));
        Pid first = shell.start("exec sleep 100");
        shell.start("exec sleep 100");
        SyscallException refusal = assertFails(ErrorCode.RESOURCE_EXHAUSTED, () -> shell.start("exit"));
        assertThat(refusal).hasMessageContaining("2 of 2").hasMessageContaining("maxProcesses");
        process.execute(new KillProcess(first));
        assertThat(shell.run("exit 5").status().code()).isEqualTo(5);
    }

    @Test
    void aMemoryLimitOverTheWholeTreeIsRefusedInsteadOfFaked() {
        Command command = Command.of("true")
                .limits(CommandLimits.DEFAULT.withTreeMemoryBytes(1 << 20))
                .build();
        assertFails(ErrorCode.UNSUPPORTED, () -> shell.process().spawn(command));
    }

    // -------------------------------------------------------------------------------------------------------- exit

    @Test
    void theExitCodeIsTheProgramsOwn() {
        assertThat(shell.run("exit 0").status().isSuccess()).isTrue();
        assertThat(shell.run("exit 7").status()).isEqualTo(new ExitStatus(7, 0, ExitCause.EXITED, false, false));
        assertThat(shell.run("exit 1").status()).isEqualTo(new ExitStatus(1, 0, ExitCause.EXITED, false, false));
    }

    @Test
    void aSignalThatEndsAProgramIsTold() {
        assertThat(shell.run("kill -9 $$").status())
                .isEqualTo(new ExitStatus(137, 9, ExitCause.SIGNALLED, false, false));
        Pid child = shell.start("exec sleep 100");
        shell.process().execute(new SendSignal(child, 15));
        assertThat(shell.process().await(child)).isEqualTo(new ExitStatus(143, 15, ExitCause.SIGNALLED, false, false));
    }

    @Test
    void allWhoWaitGetTheSameStatus() throws Exception {
        Pid child = shell.start("sleep 0.5; exit 9");
        List<CompletableFuture<ExitStatus>> waiters = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            waiters.add(shell.process().executeAsync(new WaitProcess(child), Duration.ofSeconds(30)));
        }
        for (CompletableFuture<ExitStatus> waiter : waiters) {
            assertThat(waiter.get(30, TimeUnit.SECONDS).code()).isEqualTo(9);
        }
        assertThat(shell.process().await(child).code()).isEqualTo(9);
    }

    @Test
    void aWaitThatTimesOutLeavesTheProgramRunning() {
        Pid child = shell.start("exec sleep 100");
        assertFails(ErrorCode.TIMED_OUT, () -> shell.process().execute(new WaitProcess(child, MOMENT)));
        assertFails(ErrorCode.TIMED_OUT, () -> shell.process().execute(new WaitProcess(child), MOMENT));
        shell.awaitState(child, ProcessState.SLEEPING);
    }

    @Test
    void anEndedProgramIsNoLiveProcessButCanBeWaitedFor() {
        Pid child = shell.start("exit 4");
        assertThat(shell.process().await(child).code()).isEqualTo(4);
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.process(child));
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> shell.process().execute(new GetProcessInfo(child)));
        assertThat(shell.process().execute(new GetProcessState(child))).isEqualTo(ProcessState.EXITED);
        assertThat(kernel.processes()).hasSize(1);
    }

    @Test
    void theEndOfAProgramIsAnEvent() throws InterruptedException {
        BlockingQueue<KernelEvent> events = new LinkedBlockingQueue<>();
        try (Subscription unused = kernel.subscribe(
                events::add, Set.of(KernelEvent.Type.PROCESS_CREATED, KernelEvent.Type.PROCESS_TERMINATED))) {
            Pid child = shell.start("exit 6");
            assertThat(events.poll(10, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            KernelEvent.ProcessCreated.class,
                            created -> assertThat(created.pid()).isEqualTo(child));
            assertThat(events.poll(10, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(KernelEvent.ProcessTerminated.class, ended -> {
                        assertThat(ended.pid()).isEqualTo(child);
                        assertThat(ended.exitCode()).isEqualTo(6);
                    });
        }
    }

    // -------------------------------------------------------------------------------------------------------- kill

    @Test
    void aKilledProgramIsAskedFirst() {
        Pid child = shell.start("trap 'echo trapped; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        shell.awaitLine(child, "ready");
        assertThat(shell.process().execute(new KillProcess(child)))
                .isEqualTo(new ExitStatus(3, 0, ExitCause.CANCELLED, false, false));
        assertThat(shell.read(child, ProgramOutput.STDOUT)).isEqualTo("ready\ntrapped\n");
    }

    @Test
    void aKilledProgramThatIgnoresItIsEndedAnyway() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        Pid child = shell.start("trap '' TERM; echo ready; sleep " + sleep + "; sleep " + sleep);
        shell.awaitLine(child, "ready");
        Leftovers.await("sleep\0" + sleep, 1);
        ExitStatus status = shell.process().execute(new KillProcess(child));
        assertThat(status.cause()).isEqualTo(ExitCause.CANCELLED);
        assertThat(status.signal()).isEqualTo(9);
        Leftovers.assertNone(sleep);
    }

    /** What was begun cannot be taken back: so the task lasts as long as it, and tells how it ended. */
    @Test
    void aKillingTaskThatIsCancelledLastsUntilNothingIsLeft() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        Pid child =
                shell.start("sleep " + sleep + " & trap 'echo asked' TERM; echo ready; while :; do sleep 0.01; done");
        shell.awaitLine(child, "ready");
        Leftovers.await("sleep\0" + sleep, 1);
        TaskHandle<ExitStatus> killing = shell.process().submit(new KillProcess(child), Priority.NORMAL);
        shell.awaitLine(child, "asked");
        boolean inTime = killing.cancel();
        ExitStatus status = killing.await(Duration.ofSeconds(20));
        Leftovers.assertNone(sleep);
        assertThat(status.signal()).isEqualTo(9);
        assertThat(killing.status().state()).isEqualTo(TaskState.COMPLETED);
        assertThat(killing.status().cancelRequested()).isEqualTo(inTime);
    }

    @Test
    void whoKillsWaitsNoLongerThanHeWants() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        Pid child = shell.start("trap '' TERM; echo ready; sleep " + sleep + "; sleep " + sleep);
        shell.awaitLine(child, "ready");
        assertFails(ErrorCode.TIMED_OUT, () -> shell.process().execute(new KillProcess(child), MOMENT));
        assertThat(shell.process().await(child).signal()).isEqualTo(9);
        Leftovers.assertNone(sleep);
    }

    @Test
    void killingTakesTheWholeTree() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        // Two that are plain, two that leave the session, two that are daemons.
        Pid child = shell.start(("sleep S & sleep S & setsid sleep S & setsid sleep S & (setsid sh -c 'sleep S &' &) ; "
                        + "(setsid sh -c 'trap \"\" TERM HUP; sleep S & wait' &) ; wait")
                .replace("S", sleep));
        Leftovers.await("sleep\0" + sleep, 6);
        ExitStatus status = shell.process().execute(new KillProcess(child));
        Leftovers.assertNone(sleep);
        assertThat(status.treeUncertain()).isFalse();
        assertThat(shell.process().execute(new KillProcess(child))).isEqualTo(status);
    }

    @Test
    void killingEndsWhatForksAllTheTime() throws InterruptedException {
        String word = Leftovers.uniqueSleep();
        Pid child = shell.start("f() { (setsid sh -c 'trap \"\" TERM; sleep 0.02; : " + word
                + "' &) ; }; trap '' TERM; while :; do f; sleep 0.01; done");
        Leftovers.await(word, 2);
        shell.process().execute(new KillProcess(child));
        Leftovers.assertNone(word);
    }

    @Test
    void killingEndsWhatIsStopped() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        Pid child = shell.start("exec sleep " + sleep);
        shell.process().execute(new SendSignal(child, 19));
        shell.awaitState(child, ProcessState.STOPPED);
        shell.process().execute(new KillProcess(child));
        Leftovers.assertNone(sleep);
    }

    @Test
    void aProgramEndsWhenItsTimeIsUp() {
        String sleep = Leftovers.uniqueSleep();
        Command command = Shell.script("sleep S & sleep S".replace("S", sleep))
                .limits(CommandLimits.DEFAULT.withRunTime(MOMENT))
                .build();
        Pid child = shell.process().spawn(command).pid();
        assertThat(shell.process().await(child).cause()).isEqualTo(ExitCause.TIMED_OUT);
        Leftovers.assertNone(sleep);
    }

    @Test
    void programsEndWithTheProcessThatStartedThem() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        Pid child = shell.start("(setsid sleep S &) ; exec sleep S".replace("S", sleep));
        Pid grandchild =
                kernel.process(child).spawn(Command.of("sleep", sleep).build()).pid();
        Leftovers.await("sleep\0" + sleep, 3);
        shell.process().terminate();
        Leftovers.assertNone(sleep);
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.process(child));
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.process(grandchild));
    }

    @Test
    void aProgramEndsWhenItsOwnProcessIsTerminated() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        Pid child = shell.start("sleep S & exec sleep S".replace("S", sleep));
        Leftovers.await("sleep\0" + sleep, 2);
        kernel.process(child).terminate();
        Leftovers.assertNone(sleep);
        assertThat(shell.process().await(child).cause()).isEqualTo(ExitCause.CANCELLED);
    }

    @Test
    void programsEndWithTheirKernel() throws InterruptedException {
        String sleep = Leftovers.uniqueSleep();
        for (int i = 0; i < 5; i++) {
            shell.start("trap '' TERM; (setsid sleep S &) ; sleep S; sleep S".replace("S", sleep));
        }
        Leftovers.await("sleep\0" + sleep, 10);
        kernel.close();
        Leftovers.assertNone(sleep);
    }

    // --------------------------------------------------------------------------------------------------- authority

    @Test
    void aStrangerLearnsNothingOfAProgramAndCannotTouchIt() {
        Pid child = shell.start("exec sleep 100");
        Pid never = new Pid(4711);
        KernelProcess stranger = Shell.in(kernel, host).process();
        for (Pid target : List.of(child, shell.process().pid(), never)) {
            for (Syscall<?> call : List.<Syscall<?>>of(
                    new KillProcess(target),
                    new SendSignal(target, 9),
                    new GetProcessInfo(target),
                    new GetProcessState(target),
                    new GetProcessStats(target),
                    new SetProcessPriority(target, 1),
                    new WaitProcess(target))) {
                SyscallException refusal = assertFails(ErrorCode.NO_SUCH_PROCESS, () -> stranger.execute(call));
                assertThat(refusal.reason()).isEqualTo(reasonFor(stranger, target));
            }
            assertFails(
                    ErrorCode.NO_SUCH_PROCESS,
                    () -> stranger.execute(new OpenProcessOutput(target, ProgramOutput.STDOUT, ReadOptions.DEFAULT)));
            assertFails(ErrorCode.NO_SUCH_PROCESS, () -> stranger.execute(new OpenProcessInput(target)));
        }
        assertThat(stranger.execute(new GetProcessList()))
                .extracting(ProcessInfo::pid)
                .containsExactly(stranger.pid());
        shell.awaitState(child, ProcessState.SLEEPING);
    }

    private static String reasonFor(KernelProcess stranger, Pid target) {
        return assertFails(ErrorCode.NO_SUCH_PROCESS, () -> stranger.execute(new GetProcessState(target)))
                .reason();
    }

    @Test
    void aProcessRulesOverTheChildrenOfItsChildren() {
        Pid child = shell.start("exec sleep 100");
        Pid grandchild =
                kernel.process(child).spawn(Command.of("sleep", "100").build()).pid();
        assertThat(shell.process().execute(new GetProcessList()))
                .extracting(ProcessInfo::pid)
                .containsExactly(shell.process().pid(), child, grandchild);
        assertThat(shell.process().execute(new KillProcess(grandchild)).cause()).isEqualTo(ExitCause.CANCELLED);
        assertFails(
                ErrorCode.NO_SUCH_PROCESS,
                () -> kernel.process(child)
                        .execute(new GetProcessInfo(shell.process().pid())));
    }

    @Test
    void killingTakesTheCapabilityAndAChildNotTheCaller() {
        Pid child = shell.start("exec sleep 100");
        KernelProcess process = shell.process();
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(new KillProcess(process.pid())));
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(new WaitProcess(process.pid())));
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(new SendSignal(process.pid(), 1)));
        process.updateSandbox(process.info().sandbox().withoutCapabilities(Capability.KILL_PROCESS));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new KillProcess(child)));
        assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new SendSignal(child, 9)));
    }

    @Test
    void aChildHoldsAtMostWhatItsParentHolds() {
        Pid all = shell.start("exec sleep 100");
        assertThat(kernel.process(all).info().sandbox())
                .isEqualTo(shell.process().info().sandbox());
        Command narrow = Command.of("sleep", "100")
                .capabilities(Set.of(Capability.READ_FILE))
                .build();
        Pid some = shell.process().spawn(narrow).pid();
        assertThat(kernel.process(some).info().sandbox().capabilities()).containsExactly(Capability.READ_FILE);
        Command wide = Command.of("sleep", "100")
                .capabilities(Set.of(Capability.NETWORK_ACCESS))
                .build();
        assertFails(ErrorCode.PERMISSION_DENIED, () -> shell.process().spawn(wide));
    }

    // --------------------------------------------------------------------------------------------------- inspection

    @Test
    void aProgramTellsWhatItIs() {
        SpawnedProcess child = shell.process().spawn(Command.of("sleep", "100").build());
        ProcessInfo info = shell.process().execute(new GetProcessInfo(child.pid()));
        assertThat(info.child()).hasValueSatisfying(program -> {
            assertThat(program.parent()).isEqualTo(shell.process().pid());
            assertThat(program.program()).isEqualTo("sleep");
            assertThat(program.osPid()).isEqualTo(child.osPid());
            assertThat(program.launcher()).isEqualTo(LauncherTier.CONFINED);
        });
        assertThat(shell.process().info().child()).isEmpty();
        assertThat(ProcessHandle.of(child.osPid()).flatMap(p -> p.info().command()))
                .hasValueSatisfying(command -> assertThat(command).endsWith("sleep"));
        assertThat(kernel.info().launcher()).contains(LauncherTier.CONFINED);
    }

    @Test
    void theStatisticsAreTheOperatingSystems() throws InterruptedException {
        Pid child = shell.start("sleep 100 & while :; do :; done");
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        ProcessStats stats = shell.process().execute(new GetProcessStats(child));
        while (stats.cpuTime().toMillis() < 100 || stats.processes() < 2) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
            stats = shell.process().execute(new GetProcessStats(child));
        }
        assertThat(stats.residentBytes()).isBetween(100_000L, 100_000_000L);
        assertThat(stats.threads()).isGreaterThanOrEqualTo(2);
        assertThat(stats.cpuTime()).isLessThan(Duration.ofSeconds(30));
        assertThat(shell.process().execute(new GetProcessStats(shell.process().pid())))
                .isEqualTo(new ProcessStats(Duration.ZERO, 0, 0, 0));
    }

    @Test
    void thePriorityIsTheNicenessOfAProgram() {
        Pid child = shell.start("sleep 100 & echo ready; wait");
        shell.awaitLine(child, "ready");
        shell.process().execute(new SetProcessPriority(child, 2));
        assertThat(shell.process().execute(new GetProcessInfo(child)).priority())
                .isEqualTo(2);
        long osPid = shell.process()
                .execute(new GetProcessInfo(child))
                .child()
                .orElseThrow()
                .osPid();
        assertThat(niceness(osPid)).isEqualTo(10);
        ProcessHandle.of(osPid)
                .orElseThrow()
                .children()
                .forEach(p -> assertThat(niceness(p.pid())).isEqualTo(10));

        KernelProcess low = kernel.createProcess(ProcessSpec.named("low")
                .level(SandboxLevel.PRIVILEGED)
                .grant(Capability.SPAWN_PROCESS)
                .priority(1)
                .build());
        assertThat(niceness(low.spawn(Command.of("sleep", "100").build()).osPid()))
                .isEqualTo(19);
        low.execute(new SetProcessPriority(low.pid(), 3));
        assertThat(low.info().priority()).isEqualTo(3);
    }

    private static int niceness(long osPid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + osPid + "/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
        } catch (IOException problem) {
            throw new AssertionError(problem);
        }
    }

    @Test
    void aSpawnIsASyscallLikeAnyOther() {
        long before = shell.process().info().syscalls();
        shell.process().execute(new SpawnProcess(Command.of("true").build()));
        assertThat(shell.process().info().syscalls()).isEqualTo(before + 1);
    }
}
