package dev.syscallkernel.grpc;

import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskStatus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the end of a task. Unlike a stage of the task itself, it leaves nothing behind there when it is completed
 * before: a client may ask again and again.
 */
final class TaskEnd implements Flow.Subscriber<TaskStatus> {
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

    private TaskEnd() {}

    static TaskEnd of(TaskHandle<?> task) {
        TaskEnd waiting = new TaskEnd();
        task.watch().subscribe(waiting);
        return waiting;
    }

    /** Completed when the task has ended; completing it in another way ends the waiting. */
    CompletableFuture<@Nullable Void> future() {
        return end;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
        var unused = end.whenComplete((nothing, problem) -> subscription.cancel());
    }

    @Override
    public void onNext(TaskStatus status) {
        if (status.state().isEnded()) {
            end.complete(null);
        }
    }

    @Override
    public void onError(Throwable problem) {
        end.completeExceptionally(problem);
    }

    @Override
    public void onComplete() {
        end.complete(null);
    }
}
