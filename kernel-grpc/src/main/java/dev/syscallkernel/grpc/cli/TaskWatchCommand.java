package dev.syscallkernel.grpc.cli;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskStatus;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "watch", description = "Prints what becomes of a task, until it ends; fails if that is no success.")
final class TaskWatchCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(paramLabel = "ID", description = "The id of the task.")
    private @Nullable TaskId id;

    TaskWatchCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (Session session = connection.open(stop)) {
            TaskHandle<?> task = session.kernel().tasks().find(requireNonNull(id));
            CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
            try (Subscription subscription =
                    Subscription.to(task.watch(), status -> print(status, end), failure -> complete(end, failure))) {
                await(end);
            }
            task.await(Duration.ZERO);
        }
        return ExitCode.OK;
    }

    /** Prints on the thread that brings the statuses, which waits for whoever reads them. */
    private void print(TaskStatus status, CompletableFuture<@Nullable Void> end) {
        try {
            terminal.line(json.wanted() ? Json.text(TaskFields.of(status)) : TaskFields.line(status));
            terminal.flush();
        } catch (CommandFailure | OutputClosedException problem) {
            end.completeExceptionally(problem);
        }
    }

    private static void complete(CompletableFuture<@Nullable Void> end, @Nullable Throwable failure) {
        if (failure == null) {
            end.complete(null);
        } else {
            end.completeExceptionally(failure);
        }
    }

    private static void await(CompletableFuture<@Nullable Void> end) throws InterruptedException {
        try {
            end.get();
        } catch (ExecutionException problem) {
            if (problem.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(problem.getCause());
        }
    }
}
