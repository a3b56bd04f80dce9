package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.TypeConversionException;

/** Tasks as they are shown. */
final class TaskFields {
    private TaskFields() {}

    /** The id that is named on the command line. */
    static TaskId id(String text) {
        try {
            return TaskId.parse(text);
        } catch (IllegalArgumentException malformed) {
            throw new TypeConversionException(String.valueOf(malformed.getMessage()));
        }
    }

    static Map<String, Object> of(TaskStatus task) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("task_id", task.id().toString());
        fields.put("state", task.state().name());
        fields.put("pid", task.pid().value());
        fields.put("syscall", task.syscall());
        fields.put("subject", task.subject());
        fields.put("priority", task.priority().name());
        fields.put("progress", task.progress());
        fields.put("bytes_done", task.bytesDone());
        task.bytesTotal().ifPresent(total -> fields.put("bytes_total", total));
        fields.put("cancel_requested", task.cancelRequested());
        fields.put("revision", task.revision());
        fields.put("submitted_at", task.submittedAt().toString());
        if (task.startedAt() != null) {
            fields.put("started_at", task.startedAt().toString());
        }
        if (task.endedAt() != null) {
            fields.put("ended_at", task.endedAt().toString());
        }
        if (task.failure() != null) {
            fields.put("code", task.failure().code().name());
            fields.put("failure", task.failure().summary());
        }
        return fields;
    }

    static Table table(List<TaskStatus> tasks) {
        Table table = new Table()
                .left("TASK")
                .left("STATE")
                .left("PRIORITY")
                .right("PID")
                .right("DONE")
                .left("SUBMITTED")
                .left("SYSCALL");
        tasks.forEach(task -> table.row(
                task.id().toString(),
                state(task),
                task.priority().name(),
                task.pid().toString(),
                percent(task),
                FileFields.localTime(task.submittedAt()),
                call(task)));
        return table;
    }

    /** On one line: the id, the state, how much is done, and what it does. */
    static String line(TaskStatus task) {
        return task.id() + " " + state(task) + " " + percent(task) + " " + call(task);
    }

    private static String state(TaskStatus task) {
        boolean stopping = task.cancelRequested() && !task.state().isEnded();
        return stopping ? task.state() + " (stopping)" : task.state().name();
    }

    private static String percent(TaskStatus task) {
        return String.format(Locale.ROOT, "%d%%", (int) (100 * task.progress()));
    }

    private static String call(TaskStatus task) {
        return (task.syscall() + " " + Text.printable(task.subject())).strip();
    }
}
