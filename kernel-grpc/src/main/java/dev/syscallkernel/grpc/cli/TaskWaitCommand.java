package dev.syscallkernel.grpc.cli;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "wait", description = "Waits for the end of a task; fails if that is no success.")
final class TaskWaitCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Option(names = "--timeout", paramLabel = "TIME", description = "How long at most, such as 30s. Default: any time.")
    private TimeSpan timeout = new TimeSpan(Duration.ofDays(36_500));

    @Parameters(paramLabel = "ID", description = "The id of the task.")
    private @Nullable TaskId id;

    TaskWaitCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        try (Session session = connection.open(stop)) {
            TaskHandle<?> task = session.kernel().tasks().find(requireNonNull(id));
            Object result = task.await(timeout.duration());
            Map<String, Object> fields = TaskFields.of(task.status());
            if (result instanceof BatchResult batch) {
                return show(fields, batch);
            }
            json.print(fields, terminal);
        }
        return ExitCode.OK;
    }

    /** A batch succeeds like one that is executed: if all of its syscalls do. */
    private int show(Map<String, Object> fields, BatchResult batch) {
        if (json.wanted()) {
            fields.put("result", BatchOutput.fields(batch));
        }
        json.print(fields, terminal);
        if (!json.wanted()) {
            BatchOutput.show(batch, terminal);
        }
        return batch.failureCount() == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}
