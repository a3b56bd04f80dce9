package dev.syscallkernel.grpc;

import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.proto.AsyncCancelRequest;
import dev.syscallkernel.proto.AsyncCancelResponse;
import dev.syscallkernel.proto.AsyncListRequest;
import dev.syscallkernel.proto.AsyncListResponse;
import dev.syscallkernel.proto.AsyncStatusRequest;
import dev.syscallkernel.proto.AsyncStatusResponse;
import dev.syscallkernel.proto.AsyncSyscallResponse;
import dev.syscallkernel.proto.AsyncWaitRequest;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.task.TaskHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The methods of the service that deal with tasks, on top of any kernel. */
final class TaskService {
    private final SyscallKernel kernel;
    private final ScheduledExecutorService timers;

    TaskService(SyscallKernel kernel, ScheduledExecutorService timers) {
        this.kernel = kernel;
        this.timers = timers;
    }

    AsyncSyscallResponse submit(SyscallRequest request) {
        if (request.getPid() <= 0) {
            throw Failures.noSuchProcess(request.getPid()); // 2^31 and more are negative here
        }
        TaskHandle<?> task = kernel.tasks()
                .submit(new Pid(request.getPid()), SyscallCodec.decode(request), TaskCodec.options(request));
        return AsyncSyscallResponse.newBuilder()
                .setTaskId(task.id().toString())
                .setAccepted(true)
                .build();
    }

    AsyncSyscallResponse submitBatch(BatchSyscallRequest request) {
        TaskHandle<?> task = kernel.batches().submit(BatchCodec.fromWire(request), BatchCodec.options(request));
        return AsyncSyscallResponse.newBuilder()
                .setTaskId(task.id().toString())
                .setAccepted(true)
                .build();
    }

    AsyncStatusResponse status(AsyncStatusRequest request) {
        return present(find(request.getTaskId()));
    }

    AsyncCancelResponse cancel(AsyncCancelRequest request) {
        TaskHandle<?> task = find(request.getTaskId());
        if (task.cancel()) {
            return AsyncCancelResponse.newBuilder().setCancelled(true).build();
        }
        return AsyncCancelResponse.newBuilder()
                .setError("the task has ended: it is " + task.status().state())
                .build();
    }

    AsyncListResponse list(AsyncListRequest request) {
        return TaskCodec.toWire(kernel.tasks().list(TaskCodec.fromWire(request)));
    }

    PublishedStream.Source<?, AsyncStatusResponse> watch(AsyncStatusRequest request) {
        TaskHandle<?> task = find(request.getTaskId());
        return new PublishedStream.Source<>(
                task.watch(WireValues.saturated(request.getAfterRevision())), status -> TaskCodec.toWire(task, status));
    }

    /** Waits without a thread; the status is that of the end, or of the moment when the time is up. */
    CompletableFuture<AsyncStatusResponse> await(AsyncWaitRequest request) {
        TaskHandle<?> task = find(request.getTaskId());
        CompletableFuture<@Nullable Void> waiting = new CompletableFuture<>();
        CompletableFuture<?> completion = task.completion().toCompletableFuture();
        var unused = completion.whenComplete((result, problem) -> waiting.complete(null)); // the status tells of both
        long timeout = WireValues.saturated(request.getTimeoutMs());
        Future<?> timer =
                timeout == 0 ? null : timers.schedule(() -> waiting.complete(null), timeout, TimeUnit.MILLISECONDS);
        var ignored = waiting.whenComplete((nothing, cancelled) -> {
            completion.cancel(false); // a client may ask again and again: nothing stays behind
            if (timer != null) {
                timer.cancel(false);
            }
        });
        return Futures.map(waiting, nothing -> present(task), problem -> {
            throw Statuses.of(problem);
        });
    }

    private TaskHandle<?> find(String id) {
        return kernel.tasks().find(TaskCodec.id(id));
    }

    private static AsyncStatusResponse present(TaskHandle<?> task) {
        return TaskCodec.toWire(task, task.status());
    }
}
