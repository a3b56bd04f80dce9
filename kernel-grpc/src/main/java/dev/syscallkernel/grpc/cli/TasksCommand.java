package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "tasks",
        description =
                "Prints the tasks of a kernel, one line for each. On a terminal, --follow keeps the list up to date.")
final class TasksCommand implements Callable<Integer> {
    private static final long INTERVAL_MILLIS = 500;

    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private TaskSelection selection = new TaskSelection();

    @Mixin
    private JsonOption json = new JsonOption();

    @Option(
            names = "--follow",
            description =
                    "Go on until stopped, and look twice a second: on a terminal, live tasks come first, and then those that"
                            + " ended last; elsewhere, each task that is found in another state is a line.")
    private boolean follow;

    TasksCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() throws InterruptedException {
        Map<TaskId, TaskState> known = new HashMap<>();
        CountDownLatch stopped = new CountDownLatch(follow ? 1 : 0);
        try (Session session = selection.open(stop);
                StopRequest.Registration stopping = stop.onStop(stopped::countDown)) {
            int shown = 0;
            do {
                List<TaskStatus> tasks = selection.find(session.kernel().tasks());
                if (follow && terminal.rewritable() && !json.wanted()) {
                    shown = terminal.rewrite(
                            shown, TaskFields.table(latest(tasks)).lines());
                } else {
                    printChanges(tasks, known);
                }
                terminal.flush();
            } while (!stopped.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
        }
        return ExitCode.OK;
    }

    /** In the order of interest, since a screen has only so many lines. */
    private static List<TaskStatus> latest(List<TaskStatus> tasks) {
        return tasks.stream()
                .sorted(Comparator.comparing((TaskStatus task) -> task.state().isEnded())
                        .thenComparing(TaskStatus::endedAt, Comparator.nullsFirst(Comparator.reverseOrder())))
                .toList();
    }

    private void printChanges(List<TaskStatus> tasks, Map<TaskId, TaskState> known) {
        Map<TaskId, TaskState> present = new HashMap<>();
        for (TaskStatus task : tasks) {
            present.put(task.id(), task.state());
            if (known.get(task.id()) != task.state()) {
                terminal.line(json.wanted() ? Json.text(TaskFields.of(task)) : TaskFields.line(task));
            }
        }
        known.clear();
        known.putAll(present);
    }
}
