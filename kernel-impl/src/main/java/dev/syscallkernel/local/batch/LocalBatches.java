package dev.syscallkernel.local.batch;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.MemoryUse;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.fs.Transaction;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.local.task.Tasks;
import dev.syscallkernel.stream.StreamSyscall;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Executes the batches of a kernel. Thread-safe. */
public final class LocalBatches implements BatchExecutor {
    static final String OPERATION = "execute_batch";

    private final ProcessTable processes;
    private final SyscallDispatcher dispatcher;
    private final Transactions transactions;
    private final Tasks tasks;
    private final Timers timers;
    private final Executor workers;
    private final Executor atomics;
    private final Executor callbacks;
    private final LongSupplier nanoTime;
    private final Requests requests = new Requests();
    private final Places places =
            new Places(Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 8));
    private final Set<CancellationToken> underWay = ConcurrentHashMap.newKeySet();
    private volatile boolean closing;

    /**
     * @param workers run the calls of parallel batches, which may block
     * @param atomics run atomic batches, one on each thread: they wait for each other
     * @param callbacks complete the futures of callers, whose continuations may block
     * @param nanoTime the clock of time limits, in nanoseconds from an arbitrary origin
     */
    public LocalBatches(
            ProcessTable processes,
            SyscallDispatcher dispatcher,
            Transactions transactions,
            Tasks tasks,
            Timers timers,
            Executor workers,
            Executor atomics,
            Executor callbacks,
            LongSupplier nanoTime) {
        this.processes = processes;
        this.dispatcher = dispatcher;
        this.transactions = transactions;
        this.tasks = tasks;
        this.timers = timers;
        this.workers = workers;
        this.atomics = atomics;
        this.callbacks = callbacks;
        this.nanoTime = nanoTime;
    }

    /** What the thread that starts a batch does meanwhile. */
    enum Caller {
        WAITS,
        GOES_ON
    }

    /**
     * A batch that was started.
     *
     * @param token cancels it
     * @param end completed when it has really ended and holds nothing any more; for the kernel alone
     */
    record Run(CancellationToken token, CompletableFuture<BatchResult> end) {

        /** The end of it, which comes early if somebody else's token is cancelled. */
        CompletableFuture<BatchResult> under(CancellationToken other) {
            other.onCancel(() -> {
                CancellationToken.Reason reason = other.reason();
                if (reason != null) {
                    token.cancel(reason.code(), reason.text());
                }
            });
            return end;
        }
    }

    @Override
    public BatchResult execute(Batch batch) {
        String id = batch.request();
        Run run = id == null
                ? start(batch, Caller.WAITS, ProgressReporter.NONE)
                : new Run(new CancellationToken(), once(id, batch));
        try {
            return run.end.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            run.token.cancel(ErrorCode.CANCELLED, "the batch was cancelled");
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
        String id = batch.request();
        try {
            return id == null
                    ? cancelling(start(batch, Caller.GOES_ON, ProgressReporter.NONE))
                    : waiting(once(id, batch));
        } catch (SyscallException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
    }

    /** Who sends a batch once more may have lost the connection by which he waited: so that does not end it. */
    private CompletableFuture<BatchResult> once(String id, Batch batch) {
        return requests.once(id, batch, () -> start(batch, Caller.GOES_ON, ProgressReporter.NONE).end);
    }

    /** The future of a caller, who can cancel the batch by it. */
    private CompletableFuture<BatchResult> cancelling(Run run) {
        CompletableFuture<BatchResult> answer = waiting(run.end);
        var unused = answer.whenComplete(
                (result, problem) -> run.token.cancel(ErrorCode.CANCELLED, "the batch was cancelled"));
        return answer;
    }

    /** The future of a caller, whose continuations get threads of their own. */
    private CompletableFuture<BatchResult> waiting(CompletableFuture<BatchResult> end) {
        CompletableFuture<BatchResult> answer = new CompletableFuture<>();
        var unused = end.whenCompleteAsync((result, problem) -> pass(result, problem, answer), callbacks);
        return answer;
    }

    private static void pass(BatchResult result, @Nullable Throwable problem, CompletableFuture<BatchResult> answer) {
        if (problem == null) {
            answer.complete(result);
        } else {
            answer.completeExceptionally(problem);
        }
    }

    @Override
    public TaskHandle<BatchResult> submit(Batch batch, TaskOptions options) {
        requireAllowed(batch);
        if (batch.entries().isEmpty()) {
            throw invalid("an empty batch belongs to no process, whose task it could be");
        }
        List<LogicalProcess> owners = owners(batch);
        String id = options.requestId() == null ? batch.request() : options.requestId();
        Batch once = new Batch(
                batch.entries(), batch.mode(), batch.maxParallelism(), batch.stopOnFailure(), batch.limit(), null);
        return tasks.submit(owners.get(0), new BatchWork(this, once), id == null ? options : options.withRequestId(id));
    }

    private List<LogicalProcess> owners(Batch batch) {
        Map<Pid, LogicalProcess> known = new HashMap<>();
        return batch.entries().stream()
                .map(entry -> known.computeIfAbsent(entry.pid(), pid -> processes.find(pid, OPERATION)))
                .toList();
    }

    /** How many bytes the arguments take, about. */
    static long size(Batch batch) {
        return batch.entries().stream()
                .mapToLong(entry -> MemoryUse.of(entry.call()))
                .sum();
    }

    /** @throws SyscallException if the batch as a whole cannot be executed */
    Run start(Batch batch, Caller caller, ProgressReporter progress) {
        requireAllowed(batch);
        List<LogicalProcess> owners = owners(batch);
        Runnable place = places.take(
                owners.stream().map(LogicalProcess::pid).collect(Collectors.toUnmodifiableSet()), size(batch));
        CancellationToken token = new CancellationToken();
        underWay.add(token);
        if (closing) {
            cancelClosing(token);
        }
        CompletableFuture<BatchResult> work = new CompletableFuture<>();
        Run run = new Run(token, new CompletableFuture<>());
        Future<?> timer = limitTime(batch, token);
        var unused = work.whenComplete((result, problem) -> {
            place.run();
            timer.cancel(false);
            underWay.remove(token);
            pass(result, problem, run.end);
        });
        if (batch.mode().isAtomic()) {
            startAtomic(new AtomicBatch(batch, owners, dispatcher, transactions, token, progress, nanoTime), work);
        } else {
            new PlainBatch(batch, owners, dispatcher, token, progress, workers, nanoTime, work).start(caller);
        }
        return run;
    }

    /**
     * Not on the thread of a caller: one that was interrupted would fail to wait for the device, and what is on it would
     * be in doubt.
     */
    private void startAtomic(AtomicBatch run, CompletableFuture<BatchResult> work) {
        try {
            atomics.execute(() -> {
                try {
                    work.complete(run.run());
                } catch (SyscallException failure) {
                    work.completeExceptionally(failure);
                }
            });
        } catch (RejectedExecutionException closed) {
            work.completeExceptionally(
                    new SyscallException(ErrorCode.UNAVAILABLE, OPERATION, "", "the kernel is closed", closed));
        }
    }

    private Future<?> limitTime(Batch batch, CancellationToken token) {
        return batch.timeout()
                .<Future<?>>map(limit -> timers.after(
                        limit, () -> token.cancel(ErrorCode.TIMED_OUT, "the batch was not done within " + limit)))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /** Cancels what is under way, and whatever is started from now on. */
    public void cancelAll() {
        closing = true;
        underWay.forEach(LocalBatches::cancelClosing);
    }

    private static void cancelClosing(CancellationToken token) {
        token.cancel(ErrorCode.CANCELLED, "the kernel is closing");
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
