package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.contract.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a user starts it: in a JVM of its own, which signals end. */
@Tag("long")
class ProgramTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path host;

    private Path temporary;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void makeDirectories() throws IOException {
        temporary = Files.createDirectory(host.resolve("t"));
    }

    @AfterEach
    void killWhatIsLeft() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void servesUntilItIsTerminatedAndLeavesNothing() throws Exception {
        byte[] content = new byte[200_000];
        new Random(11).nextBytes(content);
        Path root = Files.createDirectory(host.resolve("root"));
        Files.write(root.resolve("data.bin"), content);
        Process server = start("serve", "--listen", "127.0.0.1:0", "--root", root.toString());
        String address = addressOf(server);

        assertThat(CommandRun.of("ls", "--connect", address).text()).isEqualTo("data.bin\ntmp\n");
        assertThat(CommandRun.of("cat", "/data.bin", "--connect", address).output())
                .isEqualTo(content);
        assertThat(end(start("cat", "/data.bin", "--connect", address))).isEqualTo(content);
        terminate(server);

        assertThat(server.exitValue()).isZero();
        assertThat(read(server.getErrorStream())).isEmpty();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void removesItsSocketAndItsScratchDirectoriesWhenItIsTerminated() throws Exception {
        Path state = host.resolve("state");
        Path socket = Files.createTempDirectory("sk").resolve("s"); // a socket's path must be short
        Process server = start(
                "serve",
                "--listen",
                "unix:" + socket,
                "--root",
                host.resolve("root").toString(),
                "--state",
                state.toString());
        String address = addressOf(server);
        Process events = start("events", "--connect", address);
        Process other = start("events", "--connect", address, "--count", "1");
        // Until somebody prints an event, for before they listen there is nothing to hear.
        while (other.isAlive()) {
            assertThat(CommandRun.of("ls", "--connect", address).exitCode()).isZero();
        }

        terminate(server);

        assertThat(server.exitValue()).isZero();
        assertThat(events.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(socket).doesNotExist();
        assertThat(state.resolve("scratch")).doesNotExist();
        Files.delete(socket.getParent());
    }

    @Test
    void readsTheAddressFromTheEnvironmentAndWritesNothingButTheResult() throws Exception {
        Process server = start(
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--root",
                host.resolve("root").toString());
        String address = addressOf(server);

        ProcessBuilder builder = program("stat", "/");
        builder.environment().put("SYSCALLKERNEL_ADDRESS", address);
        Process stat = builder.start();
        started.add(stat);

        assertThat(new String(end(stat), StandardCharsets.UTF_8))
                .startsWith("name")
                .contains("directory");
        assertThat(read(stat.getErrorStream())).isEmpty();
        terminate(server);
    }

    @Test
    void endsItsProcessAndThenByTheSignalWhenItIsTerminatedWhileNobodyReads() throws Exception {
        Path root = Files.createDirectory(host.resolve("root"));
        Files.write(root.resolve("data.bin"), new byte[3 << 20]);
        Process server = start("serve", "--listen", "127.0.0.1:0", "--root", root.toString());
        String address = addressOf(server);
        Process cat = start("cat", "/data.bin", "--connect", address);
        assertThat(cat.getInputStream().read()).isZero();
        assertThat(CommandRun.of("ps", "--connect", address).text()).contains("kernel cat");

        terminate(cat);

        assertThat(cat.exitValue()).isEqualTo(128 + 15);
        assertThat(CommandRun.of("ps", "--connect", address).text()).doesNotContain("kernel cat");
        terminate(server);
    }

    @Test
    void leavesNothingOnTheServerWhenAnUploadIsTerminated() throws Exception {
        Path root = Files.createDirectory(host.resolve("root"));
        Process server = start("serve", "--listen", "127.0.0.1:0", "--root", root.toString());
        String address = addressOf(server);
        Process put = start("put", "-", "/data.bin", "--connect", address);
        put.getOutputStream().write(new byte[3 << 20]); // more than fits into the pipe, so the upload is under way
        put.getOutputStream().flush();
        assertThat(CommandRun.of("ps", "--connect", address).text()).contains("kernel put");

        terminate(put);

        assertThat(put.exitValue()).isEqualTo(128 + 15);
        assertThat(read(put.getErrorStream()))
                .startsWith("uploading /data.bin: ")
                .hasLineCount(1);
        assertThat(CommandRun.of("ps", "--connect", address).text()).doesNotContain("kernel put");
        terminate(server);
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void saysHowToGoOnWithAnUploadThatIsTerminated() throws Exception {
        Path root = Files.createDirectory(host.resolve("root"));
        Process server = start(
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--root",
                root.toString(),
                "--state",
                host.resolve("state").toString());
        String[] command = {"put", "-", "/data.bin", "--resume=mine", "--quiet", "--connect", addressOf(server)};
        Process put = start(command);
        put.getOutputStream().write(new byte[3 << 20]);
        put.getOutputStream().flush();

        terminate(put);
        assertThat(put.exitValue()).isEqualTo(128 + 15);
        assertThat(read(put.getErrorStream())).endsWith("run the same command again to go on.\n");
        Process again = start(command);
        again.getOutputStream().write(new byte[4 << 20]);
        again.getOutputStream().close();
        end(again);

        assertThat(root.resolve("data.bin")).hasSize(4 << 20);
        terminate(server);
    }

    private Process start(String... arguments) throws IOException {
        Process process = program(arguments).start();
        started.add(process);
        return process;
    }

    private ProcessBuilder program(String... arguments) {
        return new ProcessBuilder(ChildJvm.command(List.of("-Djava.io.tmpdir=" + temporary), Main.class, arguments));
    }

    private static String addressOf(Process server) throws IOException {
        BufferedReader lines = server.inputReader(StandardCharsets.UTF_8);
        String line = lines.readLine();
        assertThat(line).as(() -> "errors: " + read(server.getErrorStream())).startsWith("listening on ");
        return line.substring("listening on ".length());
    }

    private static byte[] end(Process process) throws Exception {
        byte[] output = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> read(process.getErrorStream())).isZero();
        return output;
    }

    private static void terminate(Process process) throws InterruptedException {
        process.toHandle().destroy(); // SIGTERM; the process itself would also close its pipes
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    private static String read(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException problem) {
            return problem.toString();
        }
    }
}
