package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A kernel behind a real server, for commands to talk to. */
abstract class CommandTest {
    static final long PATIENCE_SECONDS = 30;

    @TempDir
    Path host;

    Path root;
    LocalKernel kernel;
    KernelServer server;

    @BeforeEach
    void startServer() throws IOException {
        root = Files.createDirectory(host.resolve("root"));
        kernel = LocalKernel.builder()
                .ceiling(SandboxLevel.PRIVILEGED)
                .mount(new Mount.HostDirectory("/", root, Access.READ_WRITE))
                .build();
        server = KernelServer.builder(kernel).listen("127.0.0.1:0").build().start();
    }

    @AfterEach
    void stopServer() {
        server.close();
        kernel.close();
    }

    /** Runs a command that talks to the server. */
    CommandRun run(String... arguments) {
        return CommandRun.of(connected(arguments));
    }

    String[] connected(String... arguments) {
        return Stream.concat(Stream.of(arguments), Stream.of("--connect", server.address()))
                .toArray(String[]::new);
    }

    static void assertSuccess(CommandRun run) {
        assertThat(run.errors()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    /** Commands leave nothing behind in the kernel. */
    void assertNoProcesses() {
        assertThat(kernel.processes()).isEmpty();
    }
}
