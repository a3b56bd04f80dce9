package dev.syscallkernel.local.batch;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Remembers the batches that have a request id, so that each is executed only once. One that as a whole was not executed
 * is forgotten, and can be sent again. Thread-safe.
 */
final class Requests {
    private static final Duration LIFETIME = Duration.ofHours(1);
    private static final int MAX_REMEMBERED = 1000;

    /** The largest result, in bytes, that is kept for an hour; larger ones are answered once. */
    private static final long MAX_RESULT_BYTES = 1 << 20;

    private record Key(Set<Pid> processes, String id) {}

    private record Known(Batch batch, CompletableFuture<BatchResult> result) {}

    private final Cache<Key, Known> known = CacheBuilder.newBuilder()
            .expireAfterWrite(LIFETIME)
            .maximumSize(MAX_REMEMBERED)
            .build();

    /** Starts a batch, or answers what became of it when it was started before. */
    CompletableFuture<BatchResult> once(Batch batch, Supplier<CompletableFuture<BatchResult>> start) {
        String id = batch.request();
        if (id == null) {
            return start.get();
        }
        Key key = new Key(batch.entries().stream().map(Batch.Entry::pid).collect(Collectors.toUnmodifiableSet()), id);
        Known mine = new Known(batch, new CompletableFuture<>());
        Known first = known.asMap().putIfAbsent(key, mine);
        if (first != null) {
            return first.batch.equals(batch) ? first.result.copy() : CompletableFuture.failedFuture(conflict(id));
        }
        CompletableFuture<BatchResult> started;
        try {
            started = start.get();
        } catch (RuntimeException | Error fault) {
            known.asMap().remove(key, mine);
            mine.result.completeExceptionally(fault);
            throw fault;
        }
        var unused = started.whenComplete((result, problem) -> {
            if (problem != null || bytes(result) > MAX_RESULT_BYTES) {
                known.asMap().remove(key, mine);
            }
            if (problem == null) {
                mine.result.complete(result);
            } else {
                mine.result.completeExceptionally(problem);
            }
        });
        return started;
    }

    private static long bytes(BatchResult result) {
        return result.outcomes().stream()
                .mapToLong(outcome ->
                        outcome instanceof SyscallOutcome.Success success && success.value() instanceof byte[] content
                                ? content.length
                                : 0)
                .sum();
    }

    private static SyscallException conflict(String id) {
        return new SyscallException(
                ErrorCode.CONFLICT, LocalBatches.OPERATION, id, "another batch was sent under this request id");
    }
}
