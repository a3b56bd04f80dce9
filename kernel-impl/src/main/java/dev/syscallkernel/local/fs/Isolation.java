package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.PathLocks.Use;
import dev.syscallkernel.local.fs.PathLocks.Want;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Keeps the operations on files of one kernel apart from its atomic batches, so that nobody sees the middle of one.
 *
 * <p>While there is no batch, a short operation only counts itself in and out, in one of several lanes. A batch first
 * announces itself and then waits until each lane has been empty once. Who counts himself in and then looks whether a
 * batch is announced cannot miss it: of an increment followed by a look at the announcement, and an announcement
 * followed by a look at the counter, at least one sees the other. From then on operations lock the paths that they use,
 * as the batch does, until it is over. Long ones, which a batch could not wait for, always do.
 *
 * <p>An operation learns only by its walk which paths it uses. So it walks, locks what it came by, and walks again until
 * it comes by nothing else. If something is locked by others, it gives back what it holds, and waits for all together.
 *
 * <p>Thread-safe.
 */
final class Isolation {
    /** How long an operation waits for batches, and a batch for operations. */
    static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final int LANES = 16;
    private static final int SPACING = 32; // no two lanes on one line of a processor's cache
    private static final long PAUSE_NANOS = 20_000;

    private final PathLocks locks = new PathLocks();
    private final AtomicInteger batches = new AtomicInteger();
    private final AtomicIntegerArray lanes = new AtomicIntegerArray(LANES * SPACING);
    private final Map<Path, Integer> writtenTo = new ConcurrentHashMap<>(); // how many streams write to each path
    private volatile Set<Path> inDoubt = Set.of();

    /** Runs a short operation: without locks if there is no batch. */
    <T> T run(SyscallContext ctx, Function<PathLocks.Grant, T> operation, Function<SyscallContext, T> unlocked) {
        int lane = enter();
        if (lane < 0) {
            return runLocked(ctx, operation);
        }
        try {
            return unlocked.apply(ctx);
        } finally {
            lanes.decrementAndGet(lane);
        }
    }

    private int enter() {
        if (batches.get() != 0) {
            return -1;
        }
        int lane = (int) (Thread.currentThread().getId() & LANES - 1) * SPACING;
        lanes.incrementAndGet(lane);
        if (batches.get() == 0) {
            return lane;
        }
        lanes.decrementAndGet(lane);
        return -1;
    }

    /** Runs an operation that locks the paths it uses. */
    <T> T runLocked(SyscallContext ctx, Function<PathLocks.Grant, T> operation) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        Set<Want> wants = new LinkedHashSet<>();
        while (true) {
            try (PathLocks.Grant grant = acquire(ctx, wants, deadline)) {
                return operation.apply(grant);
            } catch (LockedException locked) {
                wants.addAll(locked.wants());
            }
        }
    }

    private PathLocks.Grant acquire(SyscallContext ctx, Collection<Want> wants, long deadline) {
        return wants.isEmpty() ? locks.none() : locks.acquire(ctx, wants, deadline);
    }

    /** Runs a batch, which locks the paths it uses. */
    void runBatch(SyscallContext ctx, Function<PathLocks.Grant, Boolean> batch) {
        batches.incrementAndGet();
        try {
            awaitLanes(ctx);
            var unused = runLocked(ctx, batch);
        } finally {
            batches.decrementAndGet();
        }
    }

    private void awaitLanes(SyscallContext ctx) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        for (int lane = 0; lane < LANES; lane++) {
            while (lanes.get(lane * SPACING) != 0) {
                ctx.throwIfCancelled();
                if (System.nanoTime() - deadline > 0) {
                    throw ctx.failure(ErrorCode.CONFLICT, "operations on files go on for too long; try again");
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** A stream begins to write to a path, which is locked or in no batch. */
    void beginWriting(Path path) {
        writtenTo.merge(path, 1, Integer::sum);
    }

    /** A stream has ended. */
    void endWriting(Path path) {
        writtenTo.computeIfPresent(path, (p, count) -> count == 1 ? null : count - 1);
    }

    /** Fails if a stream is writing to one of the paths, or beneath one. */
    void requireNoWriter(SyscallContext ctx, Set<Path> paths) {
        for (Path written : writtenTo.keySet()) {
            for (Path path = written; path != null; path = path.getParent()) {
                if (paths.contains(path)) {
                    throw ctx.failure(
                            ErrorCode.CONFLICT, "a stream is writing to the file; try again once it is closed");
                }
            }
        }
    }

    /** Takes paths out of use, with all beneath them, until an operator has looked. */
    synchronized void block(Collection<Path> paths) {
        Set<Path> all = new LinkedHashSet<>(inDoubt);
        all.addAll(paths);
        inDoubt = Set.copyOf(all);
    }

    boolean blocksAnything() {
        return !inDoubt.isEmpty();
    }

    /** The error for a path that is out of use, if it is. */
    void requireCertain(SyscallContext ctx, Want want) {
        for (Path blocked : inDoubt) {
            if (want.path().startsWith(blocked) || (want.use() == Use.CHANGE && blocked.startsWith(want.path()))) {
                throw inDoubt(ctx);
            }
        }
    }

    static SyscallException inDoubt(SyscallContext ctx) {
        return ctx.failure(
                ErrorCode.IN_DOUBT,
                "a crash or a failing device left this file in a state that the kernel must not guess; an operator has to"
                        + " look (recover --state DIR)");
    }

    /** Locks what a walk came by, or fails. Answers whether everything was locked before. */
    static boolean settle(PathLocks.Grant grant, List<Want> wants) {
        List<Want> missing = wants.stream().filter(want -> !grant.covers(want)).toList();
        if (missing.isEmpty()) {
            return true;
        }
        if (!grant.extend(missing)) {
            List<Want> all = new ArrayList<>(grant.wants());
            all.addAll(wants);
            throw new LockedException(all);
        }
        return false;
    }
}
