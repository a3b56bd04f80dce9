package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
    private static final long PATIENCE_SECONDS = 30;

    @TempDir
    Path host;

    private final List<Running> started = new ArrayList<>();

    private record Running(String address, StopRequest stop, CompletableFuture<CommandRun> run) {
        CommandRun end() throws Exception {
            stop.request();
            return run.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Running server : started) {
            server.end();
        }
    }

    @Test
    void servesTheRootAndAScratchDirectoryUntilItIsStopped() throws Exception {
        Path root = host.resolve("new/root");
        Running server = start("--root", root.toString());

        try (RemoteKernel kernel = RemoteKernel.connect(server.address())) {
            KernelProcess process = kernel.createProcess(ProcessSpec.named("test")
                    .level(SandboxLevel.PRIVILEGED)
                    .grant(Capability.WRITE_FILE, Capability.CREATE_FILE)
                    .build());
            process.execute(new WriteFile("/file", new byte[] {1, 2, 3}));
            process.execute(new CreateFile("/tmp/mine"));
        }

        CommandRun run = server.end();
        assertThat(run.exitCode()).isZero();
        assertThat(run.errors()).isEqualTo("kernel: created the directory " + root + "\n");
        assertThat(root.resolve("file")).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(root.resolve("tmp")).doesNotExist();
    }

    @Test
    void servesAUnixSocketAndRemovesItsFile() throws Exception {
        Path socket = Files.createTempDirectory("sk").resolve("s"); // a socket's path must be short
        Running server = start("--listen", "unix:" + socket, "--root", directory("root"));

        assertThat(server.address()).isEqualTo("unix:" + socket);
        assertThat(socket).exists();
        assertThat(CommandRun.of("info", "--connect", server.address()).exitCode())
                .isZero();

        assertThat(server.end().exitCode()).isZero();
        assertThat(socket).doesNotExist();
        Files.delete(socket.getParent());
    }

    @Test
    void mountsFurtherDirectories() throws Exception {
        Files.writeString(Path.of(directory("data")).resolve("note"), "here");
        Running server = start("--root", directory("root"), "--mount", "/data=" + host.resolve("data") + ":ro");

        CommandRun run = CommandRun.of("cat", "/data/note", "--connect", server.address());

        assertThat(run.text()).isEqualTo("here");
        assertThat(CommandRun.of("ps", "--json", "--connect", server.address()).text())
                .isEqualTo("[]\n");
    }

    @Test
    void lowersTheCeiling() throws Exception {
        Running server = start("--root", directory("root"), "--level", "minimal");

        CommandRun run = CommandRun.of("ls", "--connect", server.address());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("ceiling, MINIMAL").contains("[PERMISSION_DENIED]");
    }

    @Test
    void cleansItsStateDirectoryAndRefusesToShareIt() throws Exception {
        Path state = host.resolve("state");
        Running server = start("--root", directory("root"), "--state", state.toString());
        CommandRun.of("ls", "--connect", server.address());

        CommandRun second = CommandRun.of(
                "serve", "--listen", "127.0.0.1:0", "--root", directory("root"), "--state", state.toString());

        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.errors())
                .contains("another kernel is using the state directory")
                .hasLineCount(1);
        assertThat(server.end().exitCode()).isZero();
        try (Stream<Path> left = Files.list(state)) {
            assertThat(left.map(Path::getFileName)).containsExactly(Path.of("lock"));
        }
    }

    @Test
    void refusesAnAddressInUse() throws Exception {
        Running server = start("--root", directory("root"));

        CommandRun second = CommandRun.of("serve", "--listen", server.address(), "--root", directory("root"));

        assertThat(second.exitCode()).isEqualTo(1);
        assertThat(second.errors())
                .startsWith("kernel: cannot listen on " + server.address() + ": ")
                .hasLineCount(1);
    }

    @Test
    void refusesAddressesThatOthersCanReach() {
        CommandRun run = CommandRun.of(
                "serve", "--listen", "0.0.0.0:0", "--root", host.resolve("root").toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors()).contains("refusing to listen on 0.0.0.0:0").contains("no authentication");
        assertThat(host.resolve("root")).doesNotExist();
    }

    @Test
    void refusesDirectoriesThatAreNone() throws Exception {
        String file = Files.createFile(host.resolve("file")).toString();
        String missing = host.resolve("missing").toString();

        assertFails("--root", file);
        assertFails("--root", directory("root"), "--mount", "/data=" + missing);
        assertFails("--root", directory("root"), "--allow-mount", missing);
    }

    private static void assertFails(String... options) {
        CommandRun run = CommandRun.of(command("127.0.0.1:0", options));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("is no directory").hasLineCount(1);
    }

    @Test
    void refusesAStateDirectoryThatProcessesCouldChange() throws Exception {
        String root = directory("root");
        Path link = Files.createSymbolicLink(host.resolve("link"), Path.of(root));

        CommandRun run = CommandRun.of(command(
                "127.0.0.1:0", "--root", root, "--state", link.resolve("new").toString()));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("processes could change it");
        assertThat(Path.of(root)).isEmptyDirectory();
    }

    @Test
    void refusesMountsWithoutSense() {
        for (String mount : List.of("x", "/x", "=/tmp", "/x=", "/x=:ro", "x=/tmp", "/x/../y=/tmp")) {
            CommandRun run = CommandRun.of("serve", "--mount", mount);
            assertThat(run.exitCode()).as(mount).isEqualTo(2);
            assertThat(run.errors()).contains("mount");
        }
        assertThat(CommandRun.of("serve", "--mount", "/x=/tmp", "--mount", "/x=/tmp")
                        .exitCode())
                .isEqualTo(2);
    }

    private String directory(String name) throws IOException {
        return Files.createDirectories(host.resolve(name)).toString();
    }

    private Running start(String... options) throws IOException {
        StopRequest stop = new StopRequest();
        PipedInputStream output = new PipedInputStream();
        PipedOutputStream pipe = new PipedOutputStream(output);
        boolean elsewhere = List.of(options).contains("--listen");
        String[] arguments = elsewhere
                ? Stream.concat(Stream.of("serve"), Stream.of(options)).toArray(String[]::new)
                : command("127.0.0.1:0", options);
        Supplier<CommandRun> command = () -> CommandRun.writingTo(pipe, stop, arguments);
        CompletableFuture<CommandRun> run = CompletableFuture.supplyAsync(command, task -> new Thread(task).start());
        BufferedReader lines = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8));
        String line = lines.readLine();
        assertThat(line).startsWith("listening on ");
        Running running = new Running(line.substring("listening on ".length()), stop, run);
        started.add(running);
        return running;
    }

    private static String[] command(String address, String... options) {
        return Stream.concat(Stream.of("serve", "--listen", address), Stream.of(options))
                .toArray(String[]::new);
    }
}
