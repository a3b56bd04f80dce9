package dev.syscallkernel.grpc;

import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.BatchSyscallResponse;
import dev.syscallkernel.proto.SkippedResult;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.task.TaskOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches and what becomes of them, in both directions. */
final class BatchCodec {
    static final String OPERATION = "execute_batch";

    private BatchCodec() {}

    /** @throws SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static BatchSyscallRequest toWire(Batch batch, TaskOptions options) {
        BatchSyscallRequest.Builder request =
                toWire(batch).toBuilder().setPriority(WireEnums.toWire(options.priority()));
        if (options.timeout() != null) {
            request.setTaskTimeoutMs(millis(options.timeout()));
        }
        if (options.requestId() != null) {
            request.setRequestId(options.requestId());
        }
        return request.build();
    }

    /** @throws SyscallException INVALID_ARGUMENT for options that make no sense */
    static TaskOptions options(BatchSyscallRequest request) {
        try {
            return new TaskOptions(WireEnums.fromWire(request.getPriority()), limit(request.getTaskTimeoutMs()), null);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(OPERATION, "", refusal);
        }
    }

    /** @throws SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static BatchSyscallRequest toWire(Batch batch) {
        BatchSyscallRequest.Builder request = BatchSyscallRequest.newBuilder()
                .setParallel(batch.mode() == Batch.Mode.PARALLEL)
                .setAtomic(batch.mode().isAtomic())
                .setDurable(batch.mode() == Batch.Mode.DURABLE)
                .setMaxParallelism(batch.maxParallelism())
                .setStopOnFailure(batch.stopOnFailure());
        batch.requestId().ifPresent(request::setRequestId);
        batch.timeout().ifPresent(limit -> request.setTimeoutMs(millis(limit)));
        for (Batch.Entry entry : batch.entries()) {
            request.addRequests(toWire(entry));
        }
        return request.build();
    }

    private static SyscallRequest.Builder toWire(Batch.Entry entry) {
        try {
            SyscallRequest.Builder request =
                    SyscallCodec.encode(entry.call()).setPid(entry.pid().value());
            Duration limit = entry.limit();
            return limit == null ? request : request.setTimeoutMs(millis(limit));
        } catch (SyscallException refusal) {
            throw new SyscallException(refusal.code(), OPERATION, entry.call().name(), refusal.reason(), refusal);
        }
    }

    /** Rounded up: no limit becomes none. */
    private static long millis(Duration limit) {
        return Math.max(1, limit.plusNanos(999_999).toMillis());
    }

    /** @throws SyscallException INVALID_ARGUMENT for what makes no sense; NO_SUCH_PROCESS */
    static Batch fromWire(BatchSyscallRequest request) {
        if (request.getRequestsCount() > Batch.MAX_OPERATIONS) {
            throw Failures.malformed(
                    OPERATION,
                    "the batch has " + request.getRequestsCount() + " requests, and one has at most "
                            + Batch.MAX_OPERATIONS + "; send several");
        }
        List<Batch.Entry> entries = new ArrayList<>();
        for (SyscallRequest entry : request.getRequestsList()) {
            entries.add(fromWire(entry, entries.size() + 1));
        }
        Duration limit = limit(request.getTimeoutMs());
        String id = request.getRequestId();
        try {
            return new Batch(
                    entries,
                    mode(request),
                    WireValues.saturated(request.getMaxParallelism()),
                    request.getStopOnFailure(),
                    limit,
                    id.isEmpty() ? null : id);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(OPERATION, "", refusal);
        }
    }

    private static Batch.Entry fromWire(SyscallRequest request, int number) {
        if (request.getPid() <= 0) {
            throw Failures.noSuchProcess(request.getPid());
        }
        try {
            return new Batch.Entry(
                    new Pid(request.getPid()), SyscallCodec.decode(request), limit(request.getTimeoutMs()));
        } catch (SyscallException refusal) {
            throw new SyscallException(
                    refusal.code(), OPERATION, "", "entry " + number + ": " + refusal.reason(), refusal);
        }
    }

    private static @Nullable Duration limit(long millis) {
        return millis == 0 ? null : Duration.ofMillis(WireValues.saturated(millis));
    }

    private static Batch.Mode mode(BatchSyscallRequest request) {
        if (request.getDurable() && !request.getAtomic()) {
            throw new IllegalArgumentException("only an atomic batch can be durable: set 'atomic' too");
        }
        if (request.getParallel() && request.getAtomic()) {
            throw new IllegalArgumentException("an atomic batch is executed in order: it cannot be parallel");
        }
        if (request.getAtomic()) {
            return request.getDurable() ? Batch.Mode.DURABLE : Batch.Mode.ATOMIC;
        }
        return request.getParallel() ? Batch.Mode.PARALLEL : Batch.Mode.SEQUENTIAL;
    }

    /** With the names of the syscalls, for whoever does not have the batch. */
    static BatchSyscallResponse toWireWithCalls(BatchResult result) {
        BatchSyscallResponse.Builder response = toWire(result).toBuilder();
        result.calls().forEach(call -> response.addSyscalls(call.syscall()).addSubjects(call.subject()));
        return response.build();
    }

    static BatchSyscallResponse toWire(BatchResult result) {
        BatchSyscallResponse.Builder response = BatchSyscallResponse.newBuilder()
                .setSuccessCount(result.successCount())
                .setFailureCount(result.failureCount())
                .setSkippedCount(result.skippedCount())
                .setRolledBack(result.rolledBack())
                .setDurationNs(WireValues.nanos(result.duration()));
        for (int i = 0; i < result.outcomes().size(); i++) {
            SyscallOutcome outcome = result.outcomes().get(i);
            response.addResponses(toWire(result.calls().get(i).syscall(), outcome));
            response.addTimesNs(WireValues.nanos(outcome.time()));
        }
        return response.build();
    }

    private static SyscallResponse toWire(String syscall, SyscallOutcome outcome) {
        if (outcome instanceof SyscallOutcome.Success success) {
            return success(syscall, success.value());
        }
        if (outcome instanceof SyscallOutcome.Failure failure) {
            return Failures.toWire(failure.error());
        }
        SyscallOutcome.Skipped skipped = (SyscallOutcome.Skipped) outcome;
        return SyscallResponse.newBuilder()
                .setSkipped(SkippedResult.newBuilder().setReason(skipped.reason()))
                .build();
    }

    /** @throws SyscallException INTERNAL for an answer that does not fit the batch */
    static BatchResult fromWire(Batch batch, BatchSyscallResponse response) {
        return fromWire(BatchResult.calls(batch), response);
    }

    @SuppressWarnings("NullAway") // The value is what this call answers, which may be null.
    private static SyscallResponse success(String syscall, @Nullable Object value) {
        return SyscallCodec.<@Nullable Object>success(syscall, value);
    }

    /** Why a batch as a whole was not executed. */
    static SyscallException failure(SyscallResponse response, String subject) {
        return switch (response.getResultCase()) {
            case ERROR -> Failures.fromWire(response.getError(), OPERATION, subject);
            case PERMISSION_DENIED -> Failures.fromWire(response.getPermissionDenied(), OPERATION, subject);
            case SUCCESS, SKIPPED, RESULT_NOT_SET -> Failures.unintelligible(OPERATION, subject, null);
        };
    }

    /** @throws SyscallException INTERNAL for an answer that does not name its syscalls */
    static BatchResult fromWire(BatchSyscallResponse response) {
        int count = response.getResponsesCount();
        if (response.getSyscallsCount() != count || response.getSubjectsCount() != count) {
            throw Failures.unintelligible(OPERATION, "", null);
        }
        List<BatchResult.Call> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            calls.add(new BatchResult.Call(response.getSyscalls(i), response.getSubjects(i)));
        }
        return fromWire(calls, response);
    }

    private static BatchResult fromWire(List<BatchResult.Call> calls, BatchSyscallResponse response) {
        int count = calls.size();
        if (response.getResponsesCount() != count) {
            throw Failures.unintelligible(OPERATION, "", null);
        }
        List<SyscallOutcome> outcomes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Duration time = Duration.ofNanos(i < response.getTimesNsCount() ? response.getTimesNs(i) : 0);
            outcomes.add(fromWire(calls.get(i), response.getResponses(i), time));
        }
        return new BatchResult(calls, outcomes, response.getRolledBack(), Duration.ofNanos(response.getDurationNs()));
    }

    private static SyscallOutcome fromWire(BatchResult.Call call, SyscallResponse response, Duration time) {
        if (response.hasSkipped()) {
            return new SyscallOutcome.Skipped(
                    Failures.reason(response.getSkipped().getReason()));
        }
        try {
            return new SyscallOutcome.Success(SyscallCodec.result(call.syscall(), call.subject(), response), time);
        } catch (SyscallException failure) {
            return new SyscallOutcome.Failure(failure, time);
        }
    }
}
