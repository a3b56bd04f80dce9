package dev.syscallkernel.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.contract.Leftovers;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A program runs only behind its gate: once all about its sandbox is as it should be, and its end is certain. */
@Timeout(120)
class GateTest {
    private static final int ROUNDS = Integer.getInteger("syscallkernel.child.kills", 3);
    private static final int SWAPS = Integer.getInteger("syscallkernel.child.swaps", 60);
    private static final int CLOSES = Integer.getInteger("syscallkernel.child.closes", 20);

    @TempDir
    Path host;

    @BeforeEach
    void openDirectory() throws IOException {
        Bubblewrap.require();
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    /** Starts programs without end, from the first line that it is sent. */
    static final class Spawning {
        private Spawning() {}

        public static void main(String[] arguments) throws IOException {
            LocalKernel kernel =
                    LauncherTest.only(LauncherTier.valueOf(arguments[0])).build();
            KernelProcess process = LauncherTest.process(kernel, Path.of(arguments[1]));
            Command sleep = Command.of("sleep", arguments[2]).build();
            process.execute(new KillProcess(process.spawn(sleep).pid())); // what is slow the first time is over
            System.out.println("ready");
            System.in.read();
            for (int i = 0; i < 4; i++) {
                new Thread(() -> {
                            while (true) {
                                process.spawn(sleep);
                            }
                        })
                        .start();
            }
            System.out.println("spawning");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = LauncherTier.class,
            names = {"CONFINED", "CONTAINED"})
    void noProgramSurvivesAJvmThatIsKilledWhileItStartsSome(LauncherTier tier) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            String sleep = Leftovers.uniqueSleep();
            try (ChildJvm jvm = ChildJvm.start(List.of(), Spawning.class, tier.name(), host.toString(), sleep)) {
                assertThat(jvm.readLine()).isEqualTo("ready");
                jvm.ask("go");
                LockSupport.parkNanos(random.nextInt(60_000_000)); // at any point of starting a program
            }
            awaitNone("sleep\0" + sleep);
        }
    }

    private static void awaitNone(String word) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!Leftovers.of(word).isEmpty() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(5_000_000);
        }
        Leftovers.assertNone(word);
    }

    @Test
    void aMountThatIsSwappedWhileAProgramStartsLeadsNowhereElse() throws Exception {
        Path outer = Files.createDirectory(host.resolve("outer"));
        Path inner = Files.createDirectory(outer.resolve("inner"));
        Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("rwxrwxrwx"));
        AtomicBoolean stop = new AtomicBoolean();
        Thread attacker = new Thread(() -> swap(inner, outer.resolve("away"), stop));
        int tried = 0;
        int ran = 0;
        try (LocalKernel kernel = LauncherTest.only(LauncherTier.CONFINED).build()) {
            KernelProcess process = kernel.createProcess(ProcessSpec.named("beneath")
                    .level(SandboxLevel.PRIVILEGED)
                    .grant(EnumSet.allOf(Capability.class))
                    .mount("/d", inner, Access.READ_WRITE)
                    .build());
            attacker.start();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (tried < SWAPS || (noRace(ran, tried) && System.nanoTime() < deadline)) {
                tried++;
                ran += output(process, "test -e /d/proc && echo out; true") ? 1 : 0;
            }
        } finally {
            stop.set(true);
            attacker.join();
        }
        System.out.println(ran + " of " + tried + " programs ran beside the swaps, the others were refused");
        assertThat(noRace(ran, tried)).isFalse();
    }

    /** Whether all met the same, perhaps since the attacker was held up. */
    private static boolean noRace(int ran, int tried) {
        return ran == 0 || ran == tried;
    }

    /** Makes a link to the root of the host of the directory, and a directory of the link again. */
    private static void swap(Path directory, Path away, AtomicBoolean stop) {
        Random random = new Random(1);
        try {
            while (!stop.get()) {
                Files.move(directory, away);
                Files.createSymbolicLink(directory, Path.of("/"));
                LockSupport.parkNanos(2_000_000);
                Files.delete(directory);
                Files.move(away, directory);
                LockSupport.parkNanos(random.nextInt(40_000_000)); // some programs start in time, some just not
            }
        } catch (IOException problem) {
            throw new AssertionError(problem);
        }
    }

    /** Whether the script ran; it must have said nothing. */
    private static boolean output(KernelProcess process, String script) throws IOException {
        try {
            Pid child =
                    process.spawn(Command.of("/bin/sh", "-c", script).build()).pid();
            try (InputStream in = process.output(child, ProgramOutput.STDOUT).asInputStream()) {
                assertThat(new String(in.readAllBytes(), UTF_8)).isEmpty();
            }
            process.await(child);
            return true;
        } catch (SyscallException refused) {
            return false;
        }
    }

    @Test
    void aKernelThatIsClosedWhileItLooksForALauncherLeavesNothing() {
        String gate = "unset PWD"; // in the command line of whatever has not passed its gate
        List<Path> before = Leftovers.of(gate);
        for (int i = 0; i < CLOSES; i++) {
            LocalKernel kernel = LauncherTest.only(LauncherTier.CONFINED).build();
            LockSupport.parkNanos(i * 15_000_000L / CLOSES);
            kernel.close();
        }
        long deadline = System.nanoTime() + 10_000_000_000L;
        List<Path> left = Leftovers.of(gate);
        while (!before.containsAll(left) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(5_000_000);
            left = Leftovers.of(gate); // looked at once each time: kernels of others may look for launchers, too
        }
        assertThat(before).containsAll(left);
    }

    /** Says how many descriptors a program may have. */
    static final class Limited {
        private Limited() {}

        public static void main(String[] arguments) throws IOException {
            try (LocalKernel kernel =
                    LauncherTest.only(LauncherTier.valueOf(arguments[0])).build()) {
                KernelProcess process = LauncherTest.process(kernel, Path.of(arguments[1]));
                Pid child = process.spawn(
                                Command.of("/bin/sh", "-c", "ulimit -n").build())
                        .pid();
                try (InputStream in =
                        process.output(child, ProgramOutput.STDOUT).asInputStream()) {
                    System.out.println(new String(in.readAllBytes(), UTF_8).strip());
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(LauncherTier.class)
    void aHostThatAllowsLessThanTheLimitsIsNoObstacle(LauncherTier tier) throws Exception {
        try (ChildJvm jvm = ChildJvm.startWithDescriptors(100, Limited.class, tier.name(), host.toString())) {
            assertThat(jvm.readLine()).isEqualTo("100");
        }
    }

    @Test
    void moreArgumentsThanALauncherTakesAreRefused() {
        try (LocalKernel kernel = LauncherTest.only(LauncherTier.CONFINED).build()) {
            KernelProcess process = LauncherTest.process(kernel, host);
            Command many =
                    Command.of("true").arguments(Collections.nCopies(9500, "a")).build();
            SyscallException refusal = catchThrowableOfType(SyscallException.class, () -> process.spawn(many));
            assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            Command fits =
                    Command.of("true").arguments(Collections.nCopies(7900, "a")).build();
            assertThat(process.await(process.spawn(fits).pid()).code()).isZero();
        }
    }
}
