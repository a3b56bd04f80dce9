package dev.syscallkernel.local.batch;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.local.batch.LocalBatches.Caller;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.MemoryUse;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One batch whose calls stand for themselves. Lanes go through them: one, or several at a time in parallel, each taking
 * slices that become smaller towards the end, so that cheap calls cost little more than in a loop and slow ones are
 * shared out.
 *
 * <p>A call that waits holds no thread. Its lane waits with it, unless as many calls as there are may be under way: then
 * the lane goes on at once. Used once.
 */
final class PlainBatch {
    private final Batch batch;
    private final List<LogicalProcess> owners;
    private final SyscallDispatcher dispatcher;
    private final CancellationToken token;
    private final Executor workers;
    private final ProgressReporter progress;
    private final LongSupplier nanoTime;
    private final int lanes;
    private final boolean waitsInLane;
    private final long begin;
    private final AtomicReferenceArray<SyscallOutcome> outcomes;
    private final AtomicLong resultBytes = new AtomicLong();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger open; // lanes, and calls that wait beside them
    private final CompletableFuture<BatchResult> result;
    private volatile @Nullable String stopped;

    /**
     * @param progress hears how many calls have ended
     * @param result is completed with what became of the batch, on a thread that may be busy
     */
    PlainBatch(
            Batch batch,
            List<LogicalProcess> owners,
            SyscallDispatcher dispatcher,
            CancellationToken token,
            ProgressReporter progress,
            Executor workers,
            LongSupplier nanoTime,
            CompletableFuture<BatchResult> result) {
        this.batch = batch;
        this.owners = owners;
        this.dispatcher = dispatcher;
        this.token = token;
        this.workers = workers;
        this.progress = progress;
        this.nanoTime = nanoTime;
        this.result = result;
        this.lanes = Math.min(lanes(batch), Math.max(1, batch.entries().size()));
        this.waitsInLane = batch.mode() == Batch.Mode.SEQUENTIAL || batch.maxParallelism() > 0;
        this.begin = nanoTime.getAsLong();
        this.outcomes = new AtomicReferenceArray<>(batch.entries().size());
        this.open = new AtomicInteger(lanes);
    }

    private static int lanes(Batch batch) {
        if (batch.mode() == Batch.Mode.SEQUENTIAL) {
            return 1;
        }
        return batch.maxParallelism() > 0
                ? batch.maxParallelism()
                : 2 * Runtime.getRuntime().availableProcessors();
    }

    /** Starts; the calling thread works on a lane if it has nothing else to do. */
    void start(Caller caller) {
        boolean helps = caller == Caller.WAITS;
        for (int i = helps ? 1 : 0; i < lanes; i++) {
            execute(new Slice(0, 0));
        }
        if (helps) {
            run(new Slice(0, 0));
        }
    }

    /** What a lane has taken, and not begun with. */
    private record Slice(int from, int to) {}

    private void execute(Slice slice) {
        try {
            workers.execute(() -> run(slice));
        } catch (RejectedExecutionException closed) {
            stopped = "the kernel is closing";
            run(slice);
        }
    }

    /** Works on a lane until nothing is left, or until a call has to wait. */
    private void run(Slice begun) {
        Slice slice = begun;
        while (true) {
            if (slice.from == slice.to) {
                slice = take();
                if (slice.from == slice.to) {
                    close();
                    return;
                }
            }
            int index = slice.from;
            slice = new Slice(index + 1, slice.to);
            if (!begin(index, slice)) {
                return;
            }
        }
    }

    private Slice take() {
        while (true) {
            int from = next.get();
            int left = batch.entries().size() - from;
            int count = (left + 2 * lanes - 1) / (2 * lanes);
            if (next.compareAndSet(from, from + count)) {
                return new Slice(from, from + count);
            }
        }
    }

    /** Executes a call. Answers whether the lane goes on at once. */
    private boolean begin(int index, Slice rest) {
        CancellationToken.Reason reason = token.reason();
        String skipped = reason == null ? stopped : reason.text();
        if (skipped != null) {
            outcomes.set(index, new SyscallOutcome.Skipped(skipped));
            return true; // which is no progress
        }
        long start = nanoTime.getAsLong();
        Batch.Entry entry = batch.entries().get(index);
        CompletableFuture<?> call = dispatcher.start(
                owners.get(index),
                entry.call(),
                new CallControl(token, entry.limit(), ProgressReporter.NONE, workers, false));
        if (call.isDone()) {
            record(index, call, start);
            return true;
        }
        if (!waitsInLane) {
            open.incrementAndGet();
        }
        var unused = call.whenComplete((value, problem) -> {
            record(index, call, start);
            if (waitsInLane) {
                execute(rest);
            } else {
                close();
            }
        });
        return !waitsInLane;
    }

    private void record(int index, CompletableFuture<?> call, long start) {
        Duration time = Duration.ofNanos(nanoTime.getAsLong() - start);
        try {
            Object value = call.join();
            if (resultBytes.addAndGet(MemoryUse.of(value)) > Batch.MAX_RESULT_BYTES) {
                outcomes.set(index, new SyscallOutcome.Failure(tooMuch(index), time));
                stopAfter(index);
            } else {
                outcomes.set(index, new SyscallOutcome.Success(value, time));
            }
        } catch (CompletionException problem) {
            outcomes.set(index, new SyscallOutcome.Failure(failure(index, problem), time));
            stopAfter(index);
        }
        progress.moved(done.incrementAndGet(), batch.entries().size());
    }

    private void stopAfter(int index) {
        if (batch.stopOnFailure()) {
            stopped = "entry " + (index + 1) + " failed before";
        }
    }

    private SyscallException tooMuch(int index) {
        Syscall<?> call = batch.entries().get(index).call();
        return new SyscallException(
                ErrorCode.RESOURCE_EXHAUSTED,
                call.name(),
                call.subject(),
                "the results of the batch take more than " + Batch.MAX_RESULT_BYTES
                        + " bytes in all; use several, or streams");
    }

    private SyscallException failure(int index, CompletionException problem) {
        if (problem.getCause() instanceof SyscallException failure) {
            return failure;
        }
        String name = batch.entries().get(index).call().name();
        return new SyscallException(ErrorCode.INTERNAL, name, "", "a fault of the kernel", problem);
    }

    /** A lane has ended, or a call beside them. */
    private void close() {
        if (open.decrementAndGet() > 0) {
            return;
        }
        List<SyscallOutcome> all = new ArrayList<>();
        for (int i = 0; i < outcomes.length(); i++) {
            all.add(outcomes.get(i));
        }
        result.complete(
                new BatchResult(BatchResult.calls(batch), all, false, Duration.ofNanos(nanoTime.getAsLong() - begin)));
    }
}
