package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Executes batches in a kernel that runs elsewhere. Thread-safe. */
final class RemoteBatches implements BatchExecutor {
    /** How much longer than the time limit of a batch its answer may take. */
    private static final Duration SLACK = Duration.ofSeconds(30);

    private final Connection connection;

    RemoteBatches(Connection connection) {
        this.connection = connection;
    }

    @Override
    public BatchResult execute(Batch batch) {
        var response = connection.call(
                KernelServiceGrpc.getExecuteSyscallBatchMethod(),
                BatchCodec.toWire(batch),
                patience(batch),
                BatchCodec.OPERATION,
                "");
        return BatchCodec.fromWire(batch, response);
    }

    /**
     * A batch ends when its own time is up, and its answer comes some time after that. Null for one without a time limit:
     * it has that of all calls.
     */
    private static @Nullable Duration patience(Batch batch) {
        Duration limit = batch.limit();
        if (limit == null) {
            return null;
        }
        return limit.compareTo(KernelService.UNLIMITED) < 0 ? limit.plus(SLACK) : KernelService.UNLIMITED;
    }

    @Override
    public TaskHandle<BatchResult> submit(Batch batch, TaskOptions options) {
        var response = connection.call(
                KernelServiceGrpc.getExecuteSyscallBatchAsyncMethod(),
                BatchCodec.toWire(batch, options),
                null,
                BatchCodec.OPERATION,
                "");
        try {
            return new RemoteTask<>(connection, TaskId.parse(response.getTaskId()), BatchCodec.OPERATION, "");
        } catch (IllegalArgumentException malformed) {
            throw Failures.unintelligible(BatchCodec.OPERATION, "", malformed);
        }
    }

    @Override
    public CompletableFuture<BatchResult> executeAsync(Batch batch) {
        BatchSyscallRequest request;
        try {
            request = BatchCodec.toWire(batch);
            Connection.requireSendable(request, BatchCodec.OPERATION, "");
        } catch (SyscallException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
        return Futures.map(
                connection.start(KernelServiceGrpc.getExecuteSyscallBatchMethod(), request, patience(batch)),
                response -> BatchCodec.fromWire(batch, response),
                problem -> {
                    throw problem instanceof StatusRuntimeException status
                            ? connection.failure(status, BatchCodec.OPERATION, "")
                            : Failures.unintelligible(BatchCodec.OPERATION, "", problem);
                });
    }
}
