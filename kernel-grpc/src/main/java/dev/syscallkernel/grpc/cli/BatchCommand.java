package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "batch",
        description = {
            "Executes the syscalls of a JSON file in one call, and shows what became of each.",
            "The file holds an array of objects such as {\"op\": \"write_file\", \"path\": \"/a.txt\", \"text\": \"hello\"}."
        })
final class BatchCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(paramLabel = "FILE", description = "The file with the syscalls, on this machine; - for standard input.")
    private Path file = Path.of("");

    @Option(names = "--atomic", description = "All or nothing, also if the kernel is killed.")
    private boolean atomic;

    @Option(
            names = "--durable",
            description = "All or nothing, also after a power failure. Takes a server with --state.")
    private boolean durable;

    private static final Duration ANY_TIME = Duration.ofDays(36_500);

    @Option(names = "--parallel", description = "Execute several at a time, in no order.")
    private boolean parallel;

    @Option(names = "--stop-on-failure", description = "Start nothing more once one has failed.")
    private boolean stopOnFailure;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "How long all may take, such as 30s; what runs then is cancelled. Default: any time.")
    private @Nullable TimeSpan timeout;

    @Option(
            names = "--async",
            description = "Submit it as a task, and print the task's id at once; 'task wait' shows what became of it."
                    + " Without --pid, its process stays in the kernel.")
    private boolean async;

    BatchCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        List<Syscall<?>> calls = calls();
        Batch.Mode mode = mode();
        if (timeout != null && timeout.duration().isZero()) {
            throw new ParameterException(command.commandLine(), "--timeout must be positive");
        }
        if (async) {
            submit(calls, mode);
            return ExitCode.OK;
        }
        BatchResult result;
        try (Session session = options.open(stop)) {
            KernelProcess process = options.process(
                    session,
                    Capability.READ_FILE,
                    Capability.WRITE_FILE,
                    Capability.CREATE_FILE,
                    Capability.DELETE_FILE,
                    Capability.LIST_DIRECTORY,
                    Capability.TIME_ACCESS);
            result = session.kernel().batches().execute(batch(process, calls, mode));
        }
        if (json.wanted()) {
            terminal.line(Json.text(BatchOutput.fields(result)));
        } else {
            BatchOutput.show(result, terminal);
        }
        return result.failureCount() == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private void submit(List<Syscall<?>> calls, Batch.Mode mode) {
        try (Session session = options.open(stop)) {
            KernelProcess process = options.given(session)
                    .orElseGet(() -> session.kernel()
                            .createProcess(ProcessSpec.named(command.qualifiedName())
                                    .grant(SandboxLevel.STANDARD.capabilities())
                                    .build()));
            TaskHandle<BatchResult> task =
                    session.kernel().batches().submit(batch(process, calls, mode), TaskOptions.DEFAULT);
            if (json.wanted()) {
                terminal.line(Json.text(Map.of(
                        "task_id", task.id().toString(), "pid", process.pid().value())));
            } else {
                terminal.line(task.id().toString());
            }
        }
    }

    private Batch batch(KernelProcess process, List<Syscall<?>> calls, Batch.Mode mode) {
        Batch.Builder batch = Batch.builder().mode(mode);
        calls.forEach(call -> batch.add(process.pid(), call));
        if (stopOnFailure) {
            batch.stopOnFailure();
        }
        batch.timeout(timeout == null ? ANY_TIME : timeout.duration()); // else it would have that of every call
        return batch.build();
    }

    private List<Syscall<?>> calls() {
        try {
            return BatchFile.parse(text());
        } catch (IllegalArgumentException refusal) {
            throw new ParameterException(
                    command.commandLine(), "cannot use " + file + ": " + refusal.getMessage(), refusal);
        } catch (IOException problem) {
            throw new CommandFailure("cannot read " + file + ": " + problem, problem);
        }
    }

    private String text() throws IOException {
        if (LocalSource.isStandardInput(file)) {
            return new String(Channels.newInputStream(terminal.input()).readAllBytes(), StandardCharsets.UTF_8);
        }
        return Files.readString(file);
    }

    private Batch.Mode mode() {
        if (parallel && (atomic || durable)) {
            throw new ParameterException(command.commandLine(), "--parallel cannot be --atomic or --durable");
        }
        if (durable) {
            return Batch.Mode.DURABLE;
        }
        if (atomic) {
            return Batch.Mode.ATOMIC;
        }
        return parallel ? Batch.Mode.PARALLEL : Batch.Mode.SEQUENTIAL;
    }
}
