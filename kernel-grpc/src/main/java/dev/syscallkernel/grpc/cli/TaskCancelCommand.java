package dev.syscallkernel.grpc.cli;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "cancel", description = "Cancels a task; fails if it has ended before.")
final class TaskCancelCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Parameters(paramLabel = "ID", description = "The id of the task.")
    private @Nullable TaskId id;

    TaskCancelCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        try (Session session = connection.open(stop)) {
            TaskHandle<?> task = session.kernel().tasks().find(requireNonNull(id));
            if (!task.cancel()) {
                throw new CommandFailure(
                        "the task has ended: it is " + task.status().state());
            }
            terminal.line(TaskFields.line(task.status()));
        }
        return ExitCode.OK;
    }
}
