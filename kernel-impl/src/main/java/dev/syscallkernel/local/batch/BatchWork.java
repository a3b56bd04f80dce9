package dev.syscallkernel.local.batch;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.task.Work;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A batch as a task. */
record BatchWork(LocalBatches batches, Batch batch) implements Work<BatchResult> {
    @Override
    public String name() {
        return LocalBatches.OPERATION;
    }

    @Override
    public String subject() {
        return batch.entries().size() + (batch.mode().isAtomic() ? " syscalls, all or nothing" : " syscalls");
    }

    @Override
    public Object request() {
        return batch;
    }

    @Override
    public long size() {
        return LocalBatches.size(batch);
    }

    /** An atomic batch may wait for others, which it does elsewhere. */
    @Override
    public void start(CallControl control, Answer<BatchResult> answer) {
        LocalBatches.Caller caller = batch.mode().isAtomic() ? LocalBatches.Caller.GOES_ON : LocalBatches.Caller.WAITS;
        LocalBatches.Run run = batches.start(batch, caller, control.progress());
        CancellationToken token = control.cancellation();
        CompletableFuture<BatchResult> end =
                token == null ? run.end() : run.under(token).thenApply(result -> requireWhole(result, token.reason()));
        var unused = end.whenComplete(answer::complete);
    }

    private BatchResult requireWhole(BatchResult result, CancellationToken.@Nullable Reason reason) {
        if (reason == null || result.successCount() == result.outcomes().size()) {
            return result;
        }
        throw new SyscallException(
                reason.code(),
                LocalBatches.OPERATION,
                subject(),
                reason.text() + "; " + result.successCount() + " of "
                        + result.outcomes().size() + " syscalls were executed before");
    }
}
