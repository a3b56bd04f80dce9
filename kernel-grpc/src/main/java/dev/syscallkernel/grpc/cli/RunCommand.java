package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.Command.Input;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description = {
            "Runs a program in a sandbox and ends with its exit code: what it writes is written, what comes on standard"
                    + " input it can read, and when this command is stopped it ends with all that it started.",
            "Without --connect, a kernel inside of this command runs it, and it sees a directory of this machine at"
                    + " /workspace, where it starts; with --connect, the server's kernel does, and it sees what that mounts."
        },
        exitCodeList = {"0:the program ended with 0", "N:the program ended with N; 1 and 2 also as for other commands"})
final class RunCommand implements Callable<Integer> {
    private static final String WORKSPACE = "/workspace";
    private static final Duration UNLIMITED = Duration.ofDays(36_500);
    private static final int BUFFER_BYTES = 64 << 10;

    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec self = CommandSpec.create();

    @Option(
            names = ConnectionOptions.CONNECT,
            paramLabel = "ADDRESS",
            description = "Where the kernel's server listens. Default: a kernel inside of this command.")
    private @Nullable String address;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            description = "Without --connect: the directory that the program sees, read-write. Default: this one.")
    private @Nullable Path directory;

    @Option(
            names = "--cwd",
            paramLabel = "PATH",
            description = "The virtual path of the working directory. Default: /workspace, or / with --connect.")
    private @Nullable String workingDirectory;

    @Option(
            names = "--env",
            paramLabel = "KEY=VALUE",
            description = "A variable of the program's environment; can be repeated. It has no others, except a PATH.")
    private Map<String, String> environment = new LinkedHashMap<>();

    @Option(names = "--network", description = "Let the program reach the network. Default: it has none.")
    private boolean network;

    @Option(
            names = "--time",
            paramLabel = "SECONDS",
            description = "End the program after so many seconds. Default: no limit.")
    private long seconds;

    @Mixin
    private LauncherOptions launcher = new LauncherOptions();

    @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "The program and its arguments, best after --.")
    private List<String> command = new ArrayList<>();

    RunCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        if (seconds < 0) {
            throw usage("--time must not be negative: " + seconds);
        }
        if (environment.containsKey("")) {
            throw usage("--env needs a name before the =");
        }
        if (address != null && (directory != null || launcher.isGiven())) {
            throw usage("--directory, " + LauncherOptions.LAUNCHER + " and " + LauncherOptions.USER
                    + " are for a kernel inside of this command; with " + ConnectionOptions.CONNECT
                    + " the server decides them");
        }
        return address == null ? runHere() : runElsewhere(address);
    }

    private ParameterException usage(String message) {
        return new ParameterException(self.commandLine(), message);
    }

    private int runHere() {
        try (LocalKernel kernel = launcher.apply(LocalKernel.builder().ceiling(SandboxLevel.PRIVILEGED))
                        .build();
                StopRequest.Registration stopping = stop.onStop(kernel::close)) {
            Path shown = directory == null ? Path.of("") : directory;
            ProcessSpec.Builder spec = spec().mount(WORKSPACE, shown.toAbsolutePath(), Access.READ_WRITE);
            return run(kernel.createProcess(spec.build()));
        }
    }

    private int runElsewhere(String server) {
        try (Session session = open(server)) {
            return run(session.temporary(spec().build()));
        }
    }

    private Session open(String server) {
        try {
            return Session.open(server, stop);
        } catch (IllegalArgumentException notAnAddress) {
            throw usage(String.valueOf(notAnAddress.getMessage()));
        }
    }

    private ProcessSpec.Builder spec() {
        Set<Capability> capabilities = EnumSet.allOf(Capability.class);
        if (!network) {
            capabilities.remove(Capability.NETWORK_ACCESS);
        }
        return ProcessSpec.named("run").level(SandboxLevel.PRIVILEGED).grant(capabilities);
    }

    private int run(KernelProcess process) {
        dev.syscallkernel.process.Command.Builder program = dev.syscallkernel.process.Command.of(command.get(0))
                .arguments(command.subList(1, command.size()))
                .workingDirectory(workingDirectory())
                .input(Input.STREAM)
                .limits(CommandLimits.DEFAULT.withRunTime(Duration.ofSeconds(seconds)));
        environment.forEach(program::environment);
        Pid child = process.spawn(program.build()).pid();
        inBackground("input", () -> feed(process, child));
        CompletableFuture<Void> errors = new CompletableFuture<>();
        inBackground("errors", () -> {
            try {
                copyErrors(process, child);
                errors.complete(null);
            } catch (RuntimeException problem) {
                errors.completeExceptionally(problem);
            }
        });
        copyOutput(process, child);
        try {
            errors.join();
        } catch (CompletionException problem) {
            throw problem.getCause() instanceof RuntimeException cause ? cause : problem;
        }
        // Not within the time of other calls: a program may run on when it has closed its output.
        ExitStatus status = process.execute(new WaitProcess(child), UNLIMITED);
        return status.code();
    }

    private String workingDirectory() {
        if (workingDirectory != null) {
            return workingDirectory;
        }
        return address == null ? WORKSPACE : "/";
    }

    private void copyOutput(KernelProcess process, Pid child) {
        try (StreamingReader output = process.output(child, ProgramOutput.STDOUT)) {
            while (output.next()) {
                terminal.write(output.chunk());
            }
        }
    }

    private void copyErrors(KernelProcess process, Pid child) {
        try (StreamingReader output = process.output(child, ProgramOutput.STDERR)) {
            while (output.next()) {
                byte[] bytes = new byte[output.chunk().remaining()];
                output.chunk().get(bytes);
                terminal.messages().write(bytes, 0, bytes.length);
                terminal.messages().flush();
            }
        }
    }

    /** Gives the program what comes on standard input, until that or the program ends. */
    private static void feed(KernelProcess process, Pid child) {
        try (StreamingWriter input = process.input(child);
                InputStream from = new FileInputStream(FileDescriptor.in)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                input.write(ByteBuffer.wrap(buffer, 0, count));
            }
            input.commit();
        } catch (IOException unreadable) {
            throw new CommandFailure("cannot read standard input: " + unreadable.getMessage(), unreadable);
        } catch (SyscallException failure) {
            if (failure.code() != ErrorCode.BROKEN_PIPE) {
                throw failure; // else the program needs no more
            }
        }
    }

    /** A thread that nobody waits for: reading standard input can take as long as there is anybody at the keyboard. */
    private static void inBackground(String what, Runnable work) {
        Thread thread = new Thread(work, "kernel-run-" + what);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((where, problem) -> System.getLogger(RunCommand.class.getName())
                .log(System.Logger.Level.INFO, "The " + what + " of the program ended early", problem));
        thread.start();
    }
}
