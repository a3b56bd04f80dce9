package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "serve",
        description = {
            "Serves a kernel over gRPC, to programs of this machine, until it is stopped by SIGINT or SIGTERM.",
            "Each process sees the root directory at /, and an empty /tmp of its own;"
                    + " those of the level MINIMAL see no files."
        })
final class ServeCommand implements Callable<Integer> {
    /** Shorter than the ten seconds after which container engines kill. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** How long tasks can go on when the calls have ended; both together still are shorter. */
    private static final Duration TASK_GRACE = Duration.ofSeconds(3);

    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            description = "A loopback address, such as 127.0.0.1:50051 (the default), with port 0 for any free one;"
                    + " or a Unix socket, such as unix:/run/kernel.sock.")
    private String address = "127.0.0.1:50051";

    @Option(
            names = "--root",
            paramLabel = "DIR",
            description = "The directory at /, read-write; created if missing. Default: ./workspace.")
    private Path root = Path.of("workspace");

    @Option(
            names = "--mount",
            paramLabel = "VIRTUAL=HOST[:ro]",
            description = "Another directory for each process, such as /data=/srv/data:ro; read-only if :ro is there."
                    + " Can be repeated.")
    private List<Mount.HostDirectory> mounts = new ArrayList<>();

    @Option(
            names = "--allow-mount",
            paramLabel = "DIR",
            description = "Let clients mount this directory, or any beneath it; can be repeated. Default: none.")
    private List<Path> mountable = new ArrayList<>();

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "Where the kernel keeps what has to survive it. Default: a temporary directory.")
    private @Nullable Path state;

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            description = "The highest level of a process: MINIMAL, STANDARD or PRIVILEGED. Default: PRIVILEGED.")
    private SandboxLevel level = SandboxLevel.PRIVILEGED;

    @Mixin
    private LauncherOptions launcher = new LauncherOptions();

    ServeCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() throws InterruptedException {
        ServedDirectories directories = directories();
        try (LocalKernel kernel = kernel(directories);
                KernelServer server = server(kernel, directories);
                StopRequest.Registration stopping = stop.onStop(server::close)) {
            if (!stop.isRequested()) {
                start(server);
                server.awaitTermination();
            }
        }
        return ExitCode.OK;
    }

    private ServedDirectories directories() {
        try {
            return new ServedDirectories(root, mounts, mountable);
        } catch (IllegalArgumentException refusal) {
            throw usage(refusal);
        }
    }

    private ParameterException usage(IllegalArgumentException refusal) {
        return new ParameterException(command.commandLine(), String.valueOf(refusal.getMessage()), refusal);
    }

    private LocalKernel kernel(ServedDirectories directories) {
        LocalKernel.Builder kernel =
                launcher.apply(LocalKernel.builder().ceiling(level).taskGrace(TASK_GRACE));
        directories.mounts().forEach(kernel::mount);
        if (state != null) {
            directories.requireOutside(state);
            kernel.stateDirectory(state);
        }
        return kernel.build();
    }

    private KernelServer server(LocalKernel kernel, ServedDirectories directories) {
        KernelServer.Builder server = KernelServer.builder(kernel).grace(GRACE);
        try {
            server.listen(address);
        } catch (IllegalArgumentException refusal) {
            throw usage(refusal);
        }
        directories.prepare(terminal);
        mountable.forEach(server::mountable);
        return server.build();
    }

    private void start(KernelServer server) {
        try {
            server.start();
        } catch (IOException problem) {
            throw new CommandFailure(String.valueOf(problem.getMessage()), problem);
        }
        if (!Text.namesAreUtf8()) {
            terminal.message("in this locale, files with names outside ASCII cannot be used; set LC_ALL=C.UTF-8");
        }
        terminal.line("listening on " + server.address());
        terminal.flush();
    }
}
