package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.task.TaskStatus;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

@Command(name = "list", description = "Lists the tasks of a kernel: those that live, and those whose end it remembers.")
final class TaskListCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private TaskSelection selection = new TaskSelection();

    @Mixin
    private JsonOption json = new JsonOption();

    TaskListCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        List<TaskStatus> tasks;
        try (Session session = selection.open(stop)) {
            tasks = selection.find(session.kernel().tasks());
        }
        if (json.wanted()) {
            terminal.line(Json.text(tasks.stream().map(TaskFields::of).toList()));
        } else {
            TaskFields.table(tasks).lines().forEach(terminal::line);
        }
        return ExitCode.OK;
    }
}
