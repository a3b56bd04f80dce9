package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.contract.Leftovers;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.security.SandboxLevel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs run from the command line, in JVMs of their own, which signals end. */
@Timeout(60)
class RunCommandTest {
    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void makeDirectory() throws IOException {
        Bubblewrap.require();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void killWhatIsLeft() {
        started.forEach(Process::destroyForcibly);
    }

    /** Starts the program, whose standard error goes where its standard output goes only if asked for. */
    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        // A shell that runs the tests in the background would have it ignore SIGINT.
        command.addAll(List.of("env", "--default-signal=INT"));
        command.addAll(ChildJvm.command(List.of(), Main.class, arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Process run(String... command) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("run", "--directory", directory.toString()));
        arguments.addAll(Arrays.asList(command));
        return start(arguments.toArray(String[]::new));
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), UTF_8);
    }

    @Test
    void endsWithTheExitCodeOfTheProgramAndWritesWhatItWrites() throws Exception {
        Process process = run("--env", "WORD=hello", "sh", "-c", "pwd; echo $WORD > f; cat f; echo oops >&2; exit 7");
        process.getOutputStream().close();
        assertThat(output(process)).isEqualTo("/workspace\nhello\n");
        assertThat(new String(process.getErrorStream().readAllBytes(), UTF_8)).isEqualTo("oops\n");
        assertThat(process.waitFor()).isEqualTo(7);
        assertThat(directory.resolve("f")).hasContent("hello\n");
    }

    @Test
    void forwardsStandardInputAndItsEnd() throws Exception {
        byte[] text = "line\n".repeat(100_000).getBytes(UTF_8);
        Process process = run("--", "wc", "-c");
        try (OutputStream input = process.getOutputStream()) {
            input.write(text);
        }
        assertThat(output(process).trim()).isEqualTo(Integer.toString(text.length));
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void writesWhatTheProgramWritesWhileItRuns() throws Exception {
        Process process = run("--", "sh", "-c", "echo ready; read line; echo got $line");
        BufferedReader output = process.inputReader(UTF_8);
        assertThat(output.readLine()).isEqualTo("ready");
        process.getOutputStream().write("it\n".getBytes(UTF_8));
        process.getOutputStream().flush();
        assertThat(output.readLine()).isEqualTo("got it");
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void endsWithAllThatItStartedWhenItIsInterrupted() throws Exception {
        String sleep = Leftovers.uniqueSleep();
        Process process = run("--", "sh", "-c", "(setsid sleep S &) ; echo ready; exec sleep S".replace("S", sleep));
        assertThat(process.inputReader(UTF_8).readLine()).isEqualTo("ready");
        Leftovers.await("sleep\0" + sleep, 2);
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        Leftovers.assertNone("sleep\0" + sleep);
    }

    @Test
    void leavesNothingWhenItsJvmIsKilled() throws Exception {
        String sleep = Leftovers.uniqueSleep();
        Process process = run(
                "--",
                "sh",
                "-c",
                "trap '' TERM HUP; (setsid sleep S &) ; (setsid sh -c 'sleep S & wait' &) ; echo ready; sleep S; sleep S"
                        .replace("S", sleep));
        assertThat(process.inputReader(UTF_8).readLine()).isEqualTo("ready");
        Leftovers.await("sleep\0" + sleep, 3);
        process.destroyForcibly().waitFor();
        awaitNone(sleep);
    }

    /** The operating system ends them, which takes a moment after the JVM is gone. */
    private static void awaitNone(String sleep) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!Leftovers.of(sleep).isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        Leftovers.assertNone(sleep);
    }

    @Test
    void runsOnAServerToo() throws Exception {
        String sleep = Leftovers.uniqueSleep();
        try (LocalKernel kernel =
                        LocalKernel.builder().ceiling(SandboxLevel.PRIVILEGED).build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start()) {
            Process quick = start("run", "--connect", server.address(), "--", "sh", "-c", "cat; exit 9");
            try (OutputStream input = quick.getOutputStream()) {
                input.write("over there\n".getBytes(UTF_8));
            }
            assertThat(output(quick)).isEqualTo("over there\n");
            assertThat(quick.waitFor()).isEqualTo(9);

            Process slow = start("run", "--connect", server.address(), "--", "sleep", sleep);
            Leftovers.await("sleep\0" + sleep, 1);
            new ProcessBuilder("kill", "-INT", Long.toString(slow.pid()))
                    .start()
                    .waitFor();
            assertThat(slow.waitFor(20, TimeUnit.SECONDS)).isTrue();
            Leftovers.assertNone("sleep\0" + sleep);
            assertThat(kernel.processes()).isEmpty();
        }
    }

    @Test
    void saysWhyAProgramCannotBeRun() throws Exception {
        Process process = run("--", "no-such-program");
        assertThat(new String(process.getErrorStream().readAllBytes(), UTF_8))
                .contains("no-such-program: no such program in");
        assertThat(process.waitFor()).isEqualTo(1);
    }
}
