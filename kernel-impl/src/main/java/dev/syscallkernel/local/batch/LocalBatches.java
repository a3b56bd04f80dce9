package dev.syscallkernel.local.batch;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.fs.Transaction;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.stream.StreamSyscall;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;

/** Executes the batches of a kernel. Thread-safe. */
public final class LocalBatches implements BatchExecutor {
    static final String OPERATION = "execute_batch";

    private static final int MAX_UNDER_WAY = 256;

    private final ProcessTable processes;
    private final SyscallDispatcher dispatcher;
    private final Transactions transactions;
    private final Timers timers;
    private final Executor workers;
    private final Executor callbacks;
    private final LongSupplier nanoTime;
    private final Requests requests = new Requests();
    private final Semaphore places = new Semaphore(MAX_UNDER_WAY);

    /**
     * @param workers run the calls of parallel batches, which may block
     * @param callbacks complete the futures of callers, whose continuations may block
     * @param nanoTime the clock of time limits, in nanoseconds from an arbitrary origin
     */
    public LocalBatches(
            ProcessTable processes,
            SyscallDispatcher dispatcher,
            Transactions transactions,
            Timers timers,
            Executor workers,
            Executor callbacks,
            LongSupplier nanoTime) {
        this.processes = processes;
        this.dispatcher = dispatcher;
        this.transactions = transactions;
        this.timers = timers;
        this.workers = workers;
        this.callbacks = callbacks;
        this.nanoTime = nanoTime;
    }

    @Override
    public BatchResult execute(Batch batch) {
        CompletableFuture<BatchResult> result = requests.once(batch, () -> start(batch, Caller.WAITS));
        try {
            return result.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            result.cancel(false);
            throw new SyscallException(
                    ErrorCode.CANCELLED, OPERATION, "", "the waiting thread was interrupted", interrupted);
        } catch (ExecutionException problem) {
            if (problem.getCause() instanceof SyscallException failure) {
                throw failure;
            }
            throw new SyscallException(
                    ErrorCode.INTERNAL, OPERATION, "", "a fault of the kernel; its log has the details", problem);
        }
    }

    @Override
    public CompletableFuture<BatchResult> executeAsync(Batch batch) {
        return requests.once(batch, () -> start(batch, Caller.GOES_ON));
    }

    /** What the thread that starts a batch does meanwhile. */
    enum Caller {
        WAITS,
        GOES_ON
    }

    private CompletableFuture<BatchResult> start(Batch batch, Caller caller) {
        try {
            requireAllowed(batch);
            Map<Pid, LogicalProcess> known = new HashMap<>();
            List<LogicalProcess> owners = batch.entries().stream()
                    .map(entry -> known.computeIfAbsent(entry.pid(), pid -> processes.find(pid, OPERATION)))
                    .toList();
            if (!places.tryAcquire()) {
                throw new SyscallException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        OPERATION,
                        "",
                        "there are " + MAX_UNDER_WAY + " batches under way, which is the most; wait for one of them");
            }
            CancellationToken token = new CancellationToken();
            CompletableFuture<BatchResult> result = new CompletableFuture<>();
            cancelInTime(batch, token, result);
            if (batch.mode().isAtomic()) {
                startAtomic(batch, owners, token, caller, result);
            } else {
                new PlainBatch(batch, owners, dispatcher, token, workers, callbacks, nanoTime, result).start(caller);
            }
            return result;
        } catch (SyscallException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
    }

    private void startAtomic(
            Batch batch,
            List<LogicalProcess> owners,
            CancellationToken token,
            Caller caller,
            CompletableFuture<BatchResult> result) {
        AtomicBatch run = new AtomicBatch(batch, owners, dispatcher, transactions, token, nanoTime);
        if (caller == Caller.WAITS) {
            run(run, Runnable::run, result);
            return;
        }
        try {
            workers.execute(() -> run(run, callbacks, result));
        } catch (RejectedExecutionException closed) {
            result.completeExceptionally(
                    new SyscallException(ErrorCode.UNAVAILABLE, OPERATION, "", "the kernel is closed", closed));
        }
    }

    private static void run(AtomicBatch run, Executor completing, CompletableFuture<BatchResult> result) {
        try {
            BatchResult value = run.run();
            completing.execute(() -> result.complete(value));
        } catch (SyscallException failure) {
            completing.execute(() -> result.completeExceptionally(failure));
        }
    }

    /** The batch ends when its future does, and when its time is up. */
    private void cancelInTime(Batch batch, CancellationToken token, CompletableFuture<BatchResult> result) {
        Future<?> timer = batch.timeout()
                .<Future<?>>map(limit -> timers.after(
                        limit, () -> token.cancel(ErrorCode.TIMED_OUT, "the batch was not done within " + limit)))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
        var unused = result.whenComplete((value, problem) -> {
            places.release();
            timer.cancel(false);
            token.cancel(ErrorCode.CANCELLED, "the batch was cancelled");
        });
    }

    private static void requireAllowed(Batch batch) {
        if (batch.entries().size() > Batch.MAX_OPERATIONS) {
            throw invalid("the batch has " + batch.entries().size() + " syscalls, and one has at most "
                    + Batch.MAX_OPERATIONS + "; send several");
        }
        for (int i = 0; i < batch.entries().size(); i++) {
            Batch.Entry entry = batch.entries().get(i);
            if (entry.call() instanceof StreamSyscall<?>) {
                throw invalid(entry(i, entry) + ": streams are not opened in a batch; open them one by one");
            }
            if (batch.mode().isAtomic() && !Transaction.canContain(entry.call())) {
                throw invalid(
                        entry(i, entry)
                                + ": an atomic batch changes files and nothing else, and this cannot be undone; execute it apart");
            }
        }
    }

    private static String entry(int index, Batch.Entry entry) {
        return "entry " + (index + 1) + " (" + entry.call().name() + ")";
    }

    private static SyscallException invalid(String reason) {
        return new SyscallException(ErrorCode.INVALID_ARGUMENT, OPERATION, "", reason);
    }
}
