package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;

/** Executes batches in a kernel that runs elsewhere. Thread-safe. */
final class RemoteBatches implements BatchExecutor {
    private final Connection connection;

    RemoteBatches(Connection connection) {
        this.connection = connection;
    }

    @Override
    public BatchResult execute(Batch batch) {
        var response = connection.call(
                KernelServiceGrpc.getExecuteSyscallBatchMethod(),
                BatchCodec.toWire(batch),
                null,
                BatchCodec.OPERATION,
                "");
        return BatchCodec.fromWire(batch, response);
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
                connection.start(KernelServiceGrpc.getExecuteSyscallBatchMethod(), request, null),
                response -> BatchCodec.fromWire(batch, response),
                problem -> {
                    throw problem instanceof StatusRuntimeException status
                            ? connection.failure(status, BatchCodec.OPERATION, "")
                            : Failures.unintelligible(BatchCodec.OPERATION, "", problem);
                });
    }
}
