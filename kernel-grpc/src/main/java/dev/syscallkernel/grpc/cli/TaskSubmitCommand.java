package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

@Command(name = "submit", description = "Submits a syscall, and prints the id of its task at once.")
final class TaskSubmitCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Option(
            names = "--pid",
            paramLabel = "N",
            description = "Submit it in the name of this process."
                    + " Default: one that all such commands share, and that stays in the kernel.")
    private @Nullable Integer pid;

    @Option(
            names = "--priority",
            paramLabel = "PRIORITY",
            description = "BACKGROUND, LOW, NORMAL, HIGH or CRITICAL. Default: NORMAL.")
    private Priority priority = Priority.NORMAL;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "After which it fails, such as 30s. Default: never.")
    private @Nullable TimeSpan timeout;

    @Option(
            names = "--request-id",
            paramLabel = "ID",
            description = "Submitting the same again under this id, in the name of the same process, is the same task.")
    private @Nullable String requestId;

    @Parameters(arity = "1", paramLabel = "SYSCALL", description = "What to do: " + TaskCalls.NAMES + ".")
    private String syscall = "";

    @Parameters(index = "1..*", paramLabel = "ARGUMENT", description = "Paths, a size, or a length of time.")
    private List<String> arguments = new ArrayList<>();

    TaskSubmitCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        Syscall<?> call = wanted();
        TaskOptions options = options();
        if (pid != null && pid < 1) {
            throw new ParameterException(command.commandLine(), "--pid must be at least 1: " + pid);
        }
        try (Session session = connection.open(stop)) {
            if (pid == null) {
                submitShared(session.kernel(), call, options);
            } else {
                Pid process = new Pid(pid);
                print(session.kernel().tasks().submit(process, call, options), process);
            }
        }
        return ExitCode.OK;
    }

    /** Submits it in the name of the process that such commands share; creates that, if need be. */
    private void submitShared(SyscallKernel kernel, Syscall<?> call, TaskOptions options) {
        Optional<Pid> shared = shared(kernel);
        if (shared.isPresent()) {
            print(kernel.tasks().submit(shared.get(), call, options), shared.get());
            return;
        }
        KernelProcess created = kernel.createProcess(ProcessSpec.named(command.qualifiedName())
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
        try {
            Pid process = shared(kernel).orElse(created.pid()); // another command may have done so just now
            if (!process.equals(created.pid())) {
                created.terminate();
            }
            print(kernel.tasks().submit(process, call, options), process);
        } catch (RuntimeException | Error failure) {
            created.terminate();
            throw failure;
        }
    }

    /** All choose the same one. */
    private Optional<Pid> shared(SyscallKernel kernel) {
        return kernel.processes().stream()
                .filter(process ->
                        process.name().equals(command.qualifiedName()) && process.level() == SandboxLevel.STANDARD)
                .map(ProcessInfo::pid)
                .min(Comparator.comparingInt(Pid::value));
    }

    private void print(TaskHandle<?> task, Pid process) {
        if (json.wanted()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("task_id", task.id().toString());
            fields.put("pid", process.value());
            terminal.line(Json.text(fields));
        } else {
            terminal.line(task.id().toString());
        }
    }

    private Syscall<?> wanted() {
        try {
            return TaskCalls.parse(syscall, arguments);
        } catch (IllegalArgumentException refusal) {
            throw new ParameterException(command.commandLine(), String.valueOf(refusal.getMessage()));
        }
    }

    private TaskOptions options() {
        try {
            return new TaskOptions(priority, timeout == null ? null : timeout.duration(), requestId);
        } catch (IllegalArgumentException refusal) {
            throw new ParameterException(command.commandLine(), String.valueOf(refusal.getMessage()));
        }
    }
}
