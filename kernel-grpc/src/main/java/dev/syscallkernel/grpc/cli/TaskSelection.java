package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.Pid;
import dev.syscallkernel.task.AsyncTaskManager;
import dev.syscallkernel.task.TaskPage;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which tasks of which kernel a command is about. */
final class TaskSelection {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Option(names = "--pid", paramLabel = "N", description = "Only the tasks of this process.")
    private @Nullable Integer pid;

    @Option(
            names = "--state",
            paramLabel = "STATE",
            description =
                    "Only tasks in this state, PENDING, RUNNING, COMPLETED, FAILED or CANCELLED; can be repeated.")
    private List<TaskState> states = new ArrayList<>();

    Session open(StopRequest stop) {
        if (pid != null && pid < 1) {
            throw new ParameterException(command.commandLine(), "--pid must be at least 1: " + pid);
        }
        return connection.open(stop);
    }

    /** All of them, in the order of their submission. */
    List<TaskStatus> find(AsyncTaskManager tasks) {
        TaskQuery query =
                new TaskQuery(pid == null ? null : new Pid(pid), Set.copyOf(states), TaskQuery.MAX_PAGE_SIZE, "");
        List<TaskStatus> found = new ArrayList<>();
        TaskPage page = tasks.list(query);
        found.addAll(page.tasks());
        while (page.hasNext()) {
            query = query.after(page);
            page = tasks.list(query);
            found.addAll(page.tasks());
        }
        return found;
    }
}
