package dev.syscallkernel.grpc;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.proto.AsyncSyscallResponse;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.task.AsyncTaskManager;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskPage;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskStatus;
import org.jspecify.annotations.Nullable;

/** The tasks of a kernel that runs elsewhere. */
final class RemoteTasks implements AsyncTaskManager {
    private final Connection connection;

    RemoteTasks(Connection connection) {
        this.connection = connection;
    }

    @Override
    public <R extends @Nullable Object> TaskHandle<R> submit(Pid pid, Syscall<R> call, TaskOptions options) {
        AsyncSyscallResponse response = connection.call(
                KernelServiceGrpc.getExecuteSyscallAsyncMethod(),
                request(pid, call, options),
                null,
                call.name(),
                call.subject());
        try {
            return new RemoteTask<>(connection, TaskId.parse(response.getTaskId()), call.name(), call.subject());
        } catch (IllegalArgumentException malformed) {
            throw Failures.unintelligible(call.name(), call.subject(), malformed);
        }
    }

    private static SyscallRequest request(Pid pid, Syscall<?> call, TaskOptions options) {
        try {
            SyscallRequest.Builder request = SyscallCodec.encode(call).setPid(pid.value());
            TaskCodec.write(options, request);
            return request.build();
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(call.name(), call.subject(), refusal);
        }
    }

    @Override
    public TaskHandle<?> find(TaskId id) {
        TaskStatus status = RemoteTask.status(connection, id, TaskCodec.FIND_TASK, id.toString());
        return new RemoteTask<@Nullable Object>(connection, id, status.syscall(), status.subject());
    }

    @Override
    public TaskPage list(TaskQuery query) {
        String operation = TaskCodec.LIST_TASKS;
        try {
            return TaskCodec.fromWire(connection.call(
                    KernelServiceGrpc.getListAsyncMethod(), TaskCodec.toWire(query), null, operation, ""));
        } catch (IllegalArgumentException malformed) {
            throw Failures.unintelligible(operation, "", malformed);
        }
    }
}
