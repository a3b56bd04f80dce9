package dev.syscallkernel.local.batch;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.Transaction;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Sandbox;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One atomic batch. Its calls pass the same checks as all others; then they are planned one after the other, each on top
 * of those before it; they are answered together, when it is certain what became of all. Used by one thread, once.
 */
final class AtomicBatch {
    private static final System.Logger LOG = System.getLogger(AtomicBatch.class.getName());

    private final Batch batch;
    private final List<LogicalProcess> owners;
    private final SyscallDispatcher dispatcher;
    private final Transactions transactions;
    private final CancellationToken token;
    private final ProgressReporter progress;
    private final LongSupplier nanoTime;
    private final List<SyscallDispatcher.Admitted> admitted = new ArrayList<>();
    private final long[] nanos;

    AtomicBatch(
            Batch batch,
            List<LogicalProcess> owners,
            SyscallDispatcher dispatcher,
            Transactions transactions,
            CancellationToken token,
            ProgressReporter progress,
            LongSupplier nanoTime) {
        this.batch = batch;
        this.owners = owners;
        this.dispatcher = dispatcher;
        this.transactions = transactions;
        this.token = token;
        this.progress = progress;
        this.nanoTime = nanoTime;
        this.nanos = new long[batch.entries().size()];
    }

    /** The failure of one call, which is the end of all. */
    private static final class EntryFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int index;
        private final SyscallException failure;

        private EntryFailure(int index, SyscallException failure) {
            super(null, failure, false, false);
            this.index = index;
            this.failure = failure;
        }
    }

    /** @throws SyscallException if the batch as a whole failed */
    BatchResult run() {
        long start = nanoTime.getAsLong();
        SyscallContext ctx = new SyscallContext(
                LocalBatches.OPERATION,
                () -> "",
                Sandbox.NOTHING,
                ResourceLimits.DEFAULT,
                Place.NONE,
                token,
                ProgressReporter.NONE);
        try {
            admit();
            transactions.run(ctx, batch.mode() == Batch.Mode.DURABLE, this::plan);
            finish(-1, null);
            return result(start, -1, null);
        } catch (EntryFailure entry) {
            finish(entry.index, entry.failure);
            return result(start, entry.index, entry.failure);
        } catch (SyscallException failure) {
            finish(-1, failure);
            throw failure;
        } catch (RuntimeException | Error fault) {
            LOG.log(Level.ERROR, "A fault in an atomic batch", fault);
            SyscallException failure = new SyscallException(
                    ErrorCode.INTERNAL,
                    LocalBatches.OPERATION,
                    "",
                    "a fault of the kernel; its log has the details",
                    fault);
            finish(-1, failure);
            throw failure;
        }
    }

    /** All checks come first: an interceptor may take its time, and nobody else shall have to wait for it. */
    private void admit() {
        for (int i = 0; i < nanos.length; i++) {
            Batch.Entry entry = batch.entries().get(i);
            try {
                CallControl control = new CallControl(token, null, ProgressReporter.NONE, null, true);
                admitted.add(dispatcher.admit(owners.get(i), entry.call(), control));
            } catch (SyscallException refusal) {
                throw new EntryFailure(i, refusal);
            }
        }
        var unused = Thread.interrupted(); // an interceptor may have done that, and files must not suffer from it
    }

    private void plan(Transaction transaction) {
        for (int i = 0; i < nanos.length; i++) {
            long start = nanoTime.getAsLong();
            Batch.Entry entry = batch.entries().get(i);
            try {
                SyscallContext context = limited(admitted.get(i).context(), entry.limit());
                if (entry.call() instanceof FileSyscall<?> change) {
                    transaction.plan(context, owners.get(i).files(), change);
                }
                context.throwIfCancelled();
            } catch (SyscallException failure) {
                throw new EntryFailure(i, failure);
            }
            nanos[i] = nanoTime.getAsLong() - start;
            progress.moved(i + 1, nanos.length);
        }
    }

    /** The time of an entry begins with its own work, not with that of those before it. */
    private SyscallContext limited(SyscallContext context, @Nullable Duration limit) {
        return limit == null
                ? context
                : context.withCancellation(
                        new CancellationToken(context.cancellation(), null, nanoTime, Timers.nanos(limit)));
    }

    /** Answers the calls that were admitted, the last one first, as they are nested in their processes. */
    private void finish(int failed, @Nullable SyscallException failure) {
        for (int i = admitted.size() - 1; i >= 0; i--) {
            Batch.Entry entry = batch.entries().get(i);
            admitted.get(i)
                    .finish(
                            failure == null || i == failed
                                    ? failure
                                    : new SyscallException(
                                            ErrorCode.CANCELLED,
                                            entry.call().name(),
                                            entry.call().subject(),
                                            "the atomic batch that it belongs to failed",
                                            failure));
        }
    }

    private BatchResult result(long start, int failed, @Nullable SyscallException failure) {
        List<SyscallOutcome> outcomes = new ArrayList<>();
        for (int i = 0; i < nanos.length; i++) {
            Duration time = Duration.ofNanos(nanos[i]);
            if (failure == null) {
                outcomes.add(new SyscallOutcome.Success(null, time));
            } else if (i == failed) {
                outcomes.add(new SyscallOutcome.Failure(failure, time));
            } else {
                outcomes.add(new SyscallOutcome.Skipped(
                        "the batch is all or nothing, and entry " + (failed + 1) + " of it failed"));
            }
        }
        return new BatchResult(
                BatchResult.calls(batch), outcomes, failure != null, Duration.ofNanos(nanoTime.getAsLong() - start));
    }
}
