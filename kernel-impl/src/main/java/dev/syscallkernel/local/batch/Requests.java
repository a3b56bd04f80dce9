package dev.syscallkernel.local.batch;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.local.call.MemoryUse;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Remembers the batches that have a request id, so that each is executed only once, whoever waits for it. One that as a
 * whole was not executed is forgotten, and can be sent again. Thread-safe.
 */
final class Requests {
    private static final Duration LIFETIME = Duration.ofHours(1);

    /** How many bytes all results may take that are kept. */
    private static final long MAX_BYTES = 2 * Batch.MAX_RESULT_BYTES;

    /** What a batch takes that is remembered, besides its result. */
    private static final long OVERHEAD = 128 << 10;

    private record Key(Set<Pid> processes, String id) {}

    private record Known(String fingerprint, CompletableFuture<BatchResult> end) {}

    private final ConcurrentHashMap<Key, Known> underWay = new ConcurrentHashMap<>();
    private final Cache<Key, Known> ended = CacheBuilder.newBuilder()
            .expireAfterWrite(LIFETIME)
            .concurrencyLevel(1) // else each of its parts would have a share of the weight
            .maximumWeight(MAX_BYTES)
            .weigher((Key key, Known known) -> weight(known))
            .build();

    private static int weight(Known known) {
        return (int) (OVERHEAD + MemoryUse.of(known.end.getNow(null)));
    }

    /**
     * Starts a batch, or answers the end of the one that was started before.
     *
     * @param id the request id of the batch
     * @param start answers the real end of the batch
     * @return completed when the batch has really ended; for the kernel alone
     */
    CompletableFuture<BatchResult> once(String id, Batch batch, Supplier<CompletableFuture<BatchResult>> start) {
        Key key = new Key(batch.entries().stream().map(Batch.Entry::pid).collect(Collectors.toUnmodifiableSet()), id);
        Known mine = new Known(Fingerprint.of(batch), new CompletableFuture<>());
        Known first = underWay.putIfAbsent(key, mine);
        if (first == null) {
            first = ended.getIfPresent(key); // where it is before it is under way no more
            if (first == null) {
                start(key, mine, start);
                return mine.end;
            }
            underWay.remove(key, mine);
            follow(mine, first, id); // somebody may have found it meanwhile
        }
        if (!first.fingerprint.equals(mine.fingerprint)) {
            throw conflict(id);
        }
        return first.end;
    }

    private static void follow(Known other, Known ended, String id) {
        if (ended.fingerprint.equals(other.fingerprint)) {
            other.end.complete(ended.end.join());
        } else {
            other.end.completeExceptionally(conflict(id));
        }
    }

    private void start(Key key, Known mine, Supplier<CompletableFuture<BatchResult>> start) {
        CompletableFuture<BatchResult> started;
        try {
            started = start.get();
        } catch (RuntimeException | Error fault) {
            underWay.remove(key, mine);
            mine.end.completeExceptionally(fault);
            return;
        }
        var unused = started.whenComplete((result, problem) -> {
            if (problem == null) {
                mine.end.complete(result);
                ended.put(key, mine);
                underWay.remove(key, mine);
            } else {
                underWay.remove(key, mine);
                mine.end.completeExceptionally(problem);
            }
        });
    }

    private static SyscallException conflict(String id) {
        return new SyscallException(
                ErrorCode.CONFLICT, LocalBatches.OPERATION, id, "another batch was sent under this request id");
    }
}
