package dev.syscallkernel.grpc.cli;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskStatus;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "status", description = "Shows a task at this moment.")
final class TaskStatusCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(paramLabel = "ID", description = "The id of the task.")
    private @Nullable TaskId id;

    TaskStatusCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        TaskStatus status;
        try (Session session = connection.open(stop)) {
            status = session.kernel().tasks().find(requireNonNull(id)).status();
        }
        json.print(TaskFields.of(status), terminal);
        return ExitCode.OK;
    }
}
