package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.AsyncCancelRequest;
import dev.syscallkernel.proto.AsyncStatusRequest;
import dev.syscallkernel.proto.AsyncStatusResponse;
import dev.syscallkernel.proto.AsyncWaitRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskStatus;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A handle to a task of a kernel that runs elsewhere. Its result is read by the name of its syscall. */
final class RemoteTask<R extends @Nullable Object> implements TaskHandle<R> {
    /** How much longer than the server waits, its answer may take. */
    private static final Duration SLACK = Duration.ofSeconds(30);

    private final Connection connection;
    private final TaskId id;
    private final String syscall;
    private final String subject;

    RemoteTask(Connection connection, TaskId id, String syscall, String subject) {
        this.connection = connection;
        this.id = id;
        this.syscall = syscall;
        this.subject = subject;
    }

    @Override
    public TaskId id() {
        return id;
    }

    @Override
    public TaskStatus status() {
        return status(connection, id, syscall, subject);
    }

    static TaskStatus status(Connection connection, TaskId id, String syscall, String subject) {
        try {
            return TaskCodec.fromWire(current(connection, id, syscall, subject));
        } catch (IllegalArgumentException malformed) {
            throw Failures.unintelligible(syscall, subject, malformed);
        }
    }

    private static AsyncStatusResponse current(Connection connection, TaskId id, String syscall, String subject) {
        AsyncStatusRequest request =
                AsyncStatusRequest.newBuilder().setTaskId(id.toString()).build();
        return connection.call(KernelServiceGrpc.getGetAsyncStatusMethod(), request, null, syscall, subject);
    }

    @Override
    public R await(Duration timeout) {
        if (timeout.isZero() || timeout.isNegative()) {
            return outcome(current(connection, id, syscall, subject), timeout);
        }
        Duration limit = timeout.compareTo(KernelService.UNLIMITED) > 0 ? KernelService.UNLIMITED : timeout;
        AsyncStatusResponse answer = connection.call(
                KernelServiceGrpc.getWaitAsyncMethod(), wait(limit), limit.plus(SLACK), syscall, subject);
        return outcome(answer, timeout);
    }

    private AsyncWaitRequest wait(Duration timeout) {
        return AsyncWaitRequest.newBuilder()
                .setTaskId(id.toString())
                .setTimeoutMs(WireValues.millisRoundedUp(timeout))
                .build();
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // Every call of this name has a result of the same type, maybe null.
    private R outcome(AsyncStatusResponse answer, Duration timeout) {
        return switch (answer.getStatus()) {
            case COMPLETED, FAILED, CANCELLED ->
                (R) (answer.hasBatch() ? BatchCodec.fromWire(answer.getBatch()) : result(answer.getResult()));
            case PENDING, RUNNING ->
                throw new SyscallException(
                        ErrorCode.TIMED_OUT,
                        syscall,
                        subject,
                        "the task has not ended within " + timeout + "; it goes on");
            case UNRECOGNIZED -> throw Failures.unintelligible(syscall, subject, null);
        };
    }

    private @Nullable Object result(SyscallResponse response) {
        if (syscall.equals(BatchCodec.OPERATION)) {
            throw BatchCodec.failure(response, subject);
        }
        return SyscallCodec.result(syscall, subject, response);
    }

    @Override
    public CompletableFuture<R> completion() {
        return Futures.map(
                connection.start(
                        KernelServiceGrpc.getWaitAsyncMethod(),
                        AsyncWaitRequest.newBuilder().setTaskId(id.toString()).build(),
                        KernelService.UNLIMITED),
                answer -> outcome(answer, KernelService.UNLIMITED),
                problem -> {
                    if (problem instanceof StatusRuntimeException status) {
                        throw connection.failure(status, syscall, subject);
                    }
                    throw Failures.unintelligible(syscall, subject, problem);
                });
    }

    @Override
    public Flow.Publisher<TaskStatus> watch(long afterRevision) {
        return RemotePublisher.ofTask(connection, id, afterRevision);
    }

    @Override
    public boolean cancel() {
        AsyncCancelRequest request =
                AsyncCancelRequest.newBuilder().setTaskId(id.toString()).build();
        return connection
                .call(KernelServiceGrpc.getCancelAsyncMethod(), request, null, syscall, subject)
                .getCancelled();
    }

    @Override
    public String toString() {
        return "task " + id + " (" + syscall + ")";
    }
}
