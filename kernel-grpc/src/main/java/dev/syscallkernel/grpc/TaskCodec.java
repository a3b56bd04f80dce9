package dev.syscallkernel.grpc;

import static dev.syscallkernel.grpc.WireValues.text;
import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.proto.AsyncListRequest;
import dev.syscallkernel.proto.AsyncListResponse;
import dev.syscallkernel.proto.AsyncStatusResponse;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskPage;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tasks and their statuses. */
final class TaskCodec {
    static final String FIND_TASK = "find_task";
    static final String LIST_TASKS = "list_tasks";

    private static final int DEFAULT_PAGE_SIZE = 100;

    private TaskCodec() {}

    /** @throws SyscallException INVALID_ARGUMENT if it is not the id of a task */
    static TaskId id(String text) {
        try {
            return TaskId.parse(text);
        } catch (IllegalArgumentException malformed) {
            throw Failures.invalid(FIND_TASK, text, malformed);
        }
    }

    /** Adds the options to a request. */
    static void write(TaskOptions options, SyscallRequest.Builder request) {
        request.setPriority(WireEnums.toWire(options.priority()));
        if (options.requestId() != null) {
            request.setRequestId(text(options.requestId()));
        }
        if (options.timeout() != null) {
            // Zero would be no limit at all.
            request.setTimeoutMs(Math.max(1, WireValues.millisRoundedUp(options.timeout())));
        }
    }

    /** @throws SyscallException INVALID_ARGUMENT for options that make no sense */
    static TaskOptions options(SyscallRequest request) {
        long timeout = WireValues.saturated(request.getTimeoutMs());
        try {
            return new TaskOptions(
                    WireEnums.fromWire(request.getPriority()),
                    timeout == 0 ? null : Duration.ofMillis(timeout),
                    request.getRequestId().isEmpty() ? null : request.getRequestId());
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid("submit_task", "", refusal);
        }
    }

    /** A status, with the result of a task that has completed. */
    static AsyncStatusResponse toWire(TaskHandle<?> task, TaskStatus status) {
        AsyncStatusResponse.Builder wire = builder(status);
        if (status.state() == TaskState.COMPLETED) {
            if (status.syscall().equals(BatchCodec.OPERATION)) {
                wire.setBatch(BatchCodec.toWireWithCalls((BatchResult) requireNonNull(task.await(Duration.ZERO))));
            } else {
                wire.setResult(result(task, status));
            }
        }
        return wire.build();
    }

    private static <R extends @Nullable Object> SyscallResponse result(TaskHandle<R> task, TaskStatus status) {
        return SyscallCodec.success(status.syscall(), task.await(Duration.ZERO));
    }

    private static AsyncStatusResponse.Builder builder(TaskStatus status) {
        AsyncStatusResponse.Builder wire = AsyncStatusResponse.newBuilder()
                .setStatus(WireEnums.toWire(status.state()))
                .setProgress((float) status.progress())
                .setBytesDone(status.bytesDone())
                .setRevision(status.revision())
                .setCancelRequested(status.cancelRequested())
                .setSubmittedAtMs(status.submittedAt().toEpochMilli())
                .setStartedAtMs(millis(status.startedAt()))
                .setEndedAtMs(millis(status.endedAt()))
                .setSyscall(status.syscall())
                .setSubject(status.subject())
                .setTaskId(status.id().toString())
                .setPid(status.pid().value())
                .setPriority(WireEnums.toWire(status.priority()));
        status.bytesTotal().ifPresent(wire::setBytesTotal);
        if (status.failure() != null) {
            wire.setResult(Failures.toWire(status.failure()));
        }
        return wire;
    }

    /** @throws IllegalArgumentException for what is not a status */
    static TaskStatus fromWire(AsyncStatusResponse wire) {
        return new TaskStatus(
                TaskId.parse(wire.getTaskId()),
                new Pid(wire.getPid()),
                wire.getSyscall(),
                wire.getSubject(),
                WireEnums.fromWire(wire.getPriority()),
                WireEnums.fromWire(wire.getStatus()),
                wire.getRevision(),
                wire.getBytesDone(),
                wire.hasBytesTotal() ? OptionalLong.of(wire.getBytesTotal()) : OptionalLong.empty(),
                wire.getProgress(),
                wire.getCancelRequested(),
                Instant.ofEpochMilli(wire.getSubmittedAtMs()),
                instant(wire.getStartedAtMs()),
                instant(wire.getEndedAtMs()),
                failure(wire));
    }

    private static @Nullable SyscallException failure(AsyncStatusResponse wire) {
        return switch (wire.getResult().getResultCase()) {
            case ERROR -> Failures.fromWire(wire.getResult().getError(), wire.getSyscall(), wire.getSubject());
            case PERMISSION_DENIED ->
                Failures.fromWire(wire.getResult().getPermissionDenied(), wire.getSyscall(), wire.getSubject());
            case SUCCESS, SKIPPED, RESULT_NOT_SET -> null;
        };
    }

    static AsyncListRequest toWire(TaskQuery query) {
        AsyncListRequest.Builder wire =
                AsyncListRequest.newBuilder().setPageSize(query.pageSize()).setPageToken(text(query.pageToken()));
        if (query.pid() != null) {
            wire.setPid(query.pid().value());
        }
        query.states().stream().sorted().map(WireEnums::toWire).forEach(wire::addStatuses);
        return wire.build();
    }

    /** @throws SyscallException INVALID_ARGUMENT for a query that makes no sense */
    static TaskQuery fromWire(AsyncListRequest wire) {
        try {
            Set<TaskState> states = EnumSet.noneOf(TaskState.class);
            wire.getStatusesList().forEach(state -> states.add(WireEnums.fromWire(state)));
            return new TaskQuery(
                    wire.hasPid() ? new Pid(wire.getPid()) : null,
                    states,
                    wire.getPageSize() == 0
                            ? DEFAULT_PAGE_SIZE
                            : Math.min(WireValues.saturated(wire.getPageSize()), TaskQuery.MAX_PAGE_SIZE),
                    wire.getPageToken());
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(LIST_TASKS, "", refusal);
        }
    }

    static AsyncListResponse toWire(TaskPage page) {
        AsyncListResponse.Builder wire = AsyncListResponse.newBuilder().setNextPageToken(page.nextPageToken());
        page.tasks().forEach(status -> wire.addTasks(builder(status)));
        return wire.build();
    }

    /** @throws IllegalArgumentException for what is not a page */
    static TaskPage fromWire(AsyncListResponse wire) {
        return new TaskPage(
                wire.getTasksList().stream().map(TaskCodec::fromWire).toList(), wire.getNextPageToken());
    }

    private static long millis(@Nullable Instant time) {
        return time == null ? 0 : time.toEpochMilli();
    }

    private static @Nullable Instant instant(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }
}
