package dev.syscallkernel.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.contract.Leftovers;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a program whose client is killed while it runs. */
@Timeout(60)
class VanishedClientTest extends ServerTest {
    private final String sleep = Leftovers.uniqueSleep();

    @BeforeEach
    void letProgramsIn() throws IOException {
        Bubblewrap.require();
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwx--x--x"));
    }

    /** Starts a program, opens its input and output, waits for it, and is killed. */
    static final class Client {
        private Client() {}

        /**
         * Waits for the program when all is done.
         *
         * @param arguments the address, for how long the program sleeps, and whether its process is temporary
         */
        @SuppressWarnings("MustBeClosedChecker") // it is killed
        public static void main(String[] arguments) {
            RemoteKernel kernel = RemoteKernel.connect(arguments[0]);
            ProcessSpec spec = ProcessSpec.named("vanishing")
                    .level(SandboxLevel.PRIVILEGED)
                    .grant(SandboxLevel.PRIVILEGED.capabilities())
                    .build();
            KernelProcess process =
                    arguments[2].equals("temporary") ? kernel.createTemporaryProcess(spec) : kernel.createProcess(spec);
            Pid child = process.spawn(Command.of(
                                    "/bin/sh",
                                    "-c",
                                    "echo begun; (setsid sleep S &) ; exec sleep S".replace("S", arguments[1]))
                            .input(Command.Input.STREAM)
                            .build())
                    .pid();
            StreamingWriter input = process.input(child);
            StreamingReader output = process.output(child, ProgramOutput.STDOUT);
            boolean begun = output.next();
            var unused = process.executeAsync(new WaitProcess(child), Duration.ofHours(1));
            System.out.println(process.pid() + " " + child + " " + begun + " " + input.committedBytes());
            output.next(); // waits until it is killed
        }
    }

    /** Answers the pids of the process and of the program, whose client is gone. */
    private List<Pid> vanish(String kind) throws Exception {
        try (ChildJvm client = ChildJvm.start(List.of(), Client.class, server.address(), sleep, kind)) {
            String[] told = client.readLine().split(" ", -1);
            assertThat(told[2]).isEqualTo("true");
            Leftovers.await("sleep\0" + sleep, 2);
            assertThat(openStreams(told[0])).isEqualTo(2);
            client.kill();
            return List.of(pid(told[0]), pid(told[1]));
        }
    }

    private static Pid pid(String text) {
        return new Pid(Integer.parseInt(text));
    }

    private int openStreams(String process) {
        return kernel.process(pid(process)).info().openStreams();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Test
    void theProgramsOfATemporaryProcessEndWithTheirClient() throws Exception {
        List<Pid> pids = vanish("temporary");
        await(() -> kernel.processes().stream().map(ProcessInfo::pid).noneMatch(pids::contains));
        await(() -> Leftovers.of("sleep\0" + sleep).isEmpty());
    }

    @Test
    void otherProgramsRunOnAndAnotherClientFindsThem() throws Exception {
        List<Pid> pids = vanish("lasting");
        await(() -> kernel.process(pids.get(0)).info().openStreams() == 0);
        try (RemoteKernel remote = RemoteKernel.connect(server.address())) {
            KernelProcess process = remote.process(pids.get(0));
            Pid child = pids.get(1);
            assertThat(process.execute(new GetProcessState(child))).isNotEqualTo(ProcessState.EXITED);
            assertThat(Leftovers.of("sleep\0" + sleep)).hasSize(2);
            try (StreamingReader output = process.output(child, ProgramOutput.STDOUT);
                    StreamingWriter input = process.input(child)) {
                assertThat(output.next()).isTrue();
                assertThat(UTF_8.decode(output.chunk()).toString()).isEqualTo("begun\n");
                assertThat(input.committedBytes()).as("nobody else holds it").isZero();
            }
            assertThat(process.execute(new KillProcess(child)).cause()).isEqualTo(ExitCause.CANCELLED);
            Leftovers.assertNone("sleep\0" + sleep);
            assertThat(process.terminate()).isTrue();
        }
    }
}
