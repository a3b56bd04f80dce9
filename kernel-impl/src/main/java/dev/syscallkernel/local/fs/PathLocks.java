package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Shared and exclusive locks on the paths of the host's tree. A lock on a path covers all that is beneath; on every path
 * above it lies an intention, which keeps others from covering it (Gray, Lorie, Putzolu and Traiger, 1976).
 *
 * <p>Who asks for several paths gets all of them at once or waits without holding any of those: so there is no order in
 * which two could ask and wait for each other. Only a {@linkplain Grant#extend holder} asks for more, and never waits.
 * The one who has waited longest is not overtaken by others who want what it wants.
 *
 * <p>Thread-safe.
 */
final class PathLocks {
    private static final int INTENT_SHARED = 1;
    private static final int INTENT_EXCLUSIVE = 2;
    private static final int SHARED = 4;
    private static final int EXCLUSIVE = 8;
    private static final int ALL = 15;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** What somebody wants of a path. */
    enum Use {
        READ,
        CHANGE
    }

    /** A path, and what is wanted of it. */
    record Want(Path path, Use use) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Path, int[]> holders = new HashMap<>(); // guarded by lock: for each bit of a mode, how many
    private final Deque<Map<Path, Integer>> waiting = new ArrayDeque<>(); // guarded by lock

    /** The locks of one holder. Used by one thread at a time. */
    final class Grant implements AutoCloseable {
        private final Map<Path, Integer> modes = new HashMap<>();
        private final Set<Want> wants = new LinkedHashSet<>();

        private Grant() {}

        /** Whether the path, or one above it, is locked for this use. */
        boolean covers(Want want) {
            int enough = want.use == Use.CHANGE ? EXCLUSIVE : SHARED | EXCLUSIVE;
            for (Path path = want.path; path != null; path = path.getParent()) {
                if ((modes.getOrDefault(path, 0) & enough) != 0) {
                    return true;
                }
            }
            return false;
        }

        /** All that it was asked for. */
        Set<Want> wants() {
            return wants;
        }

        /** Locks further paths if nobody stands in the way; otherwise changes nothing. */
        boolean extend(Collection<Want> more) {
            Map<Path, Integer> wanted = modes(more);
            lock.lock();
            try {
                if (!isFree(wanted, modes)) {
                    return false;
                }
                take(wanted, modes);
                wants.addAll(more);
                return true;
            } finally {
                lock.unlock();
            }
        }

        /** Gives all locks back. */
        @Override
        public void close() {
            if (modes.isEmpty()) {
                return;
            }
            lock.lock();
            try {
                modes.forEach(PathLocks.this::giveBack);
                modes.clear();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** A holder of nothing. */
    Grant none() {
        return new Grant();
    }

    /**
     * Locks all paths at once, after waiting for those who hold them.
     *
     * @param deadline as of {@link System#nanoTime}
     * @throws dev.syscallkernel.SyscallException CONFLICT when the time is up; CANCELLED
     */
    Grant acquire(SyscallContext ctx, Collection<Want> wants, long deadline) {
        Map<Path, Integer> wanted = modes(wants);
        Grant grant = new Grant();
        lock.lock();
        try {
            if (!waiting.isEmpty() || !isFree(wanted, grant.modes)) {
                await(ctx, wanted, grant, deadline);
            }
            take(wanted, grant.modes);
            grant.wants.addAll(wants);
            return grant;
        } finally {
            lock.unlock();
        }
    }

    /** Called under lock. */
    private void await(SyscallContext ctx, Map<Path, Integer> wanted, Grant grant, long deadline) {
        waiting.addLast(wanted);
        try {
            while (isOvertaking(wanted) || !isFree(wanted, grant.modes)) {
                ctx.throwIfCancelled();
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw ctx.failure(
                            ErrorCode.CONFLICT, "an atomic batch kept working on these files for too long; try again");
                }
                var unused = changed.awaitNanos(Math.min(left, LOOK_NANOS));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ctx.failure(ErrorCode.CANCELLED, "the calling thread was interrupted", interrupted);
        } finally {
            waiting.removeIf(other -> other == wanted);
            changed.signalAll();
        }
    }

    /** Whether who has waited longest wants something that is incompatible. Called under lock. */
    private boolean isOvertaking(Map<Path, Integer> wanted) {
        Map<Path, Integer> first = waiting.getFirst();
        if (first == wanted) {
            return false;
        }
        Map<Path, Integer> fewer = first.size() < wanted.size() ? first : wanted;
        Map<Path, Integer> more = fewer == first ? wanted : first;
        return fewer.entrySet().stream()
                .anyMatch(entry -> (conflicting(entry.getValue()) & more.getOrDefault(entry.getKey(), 0)) != 0);
    }

    /** Called under lock. */
    private boolean isFree(Map<Path, Integer> wanted, Map<Path, Integer> own) {
        return wanted.entrySet().stream().allMatch(entry -> {
            int[] counts = holders.get(entry.getKey());
            return counts == null || isFree(counts, entry.getValue(), own.getOrDefault(entry.getKey(), 0));
        });
    }

    private static boolean isFree(int[] counts, int mode, int own) {
        int conflicting = conflicting(mode);
        for (int bit = 0; bit < counts.length; bit++) {
            int others = counts[bit] - (own >> bit & 1);
            if ((conflicting >> bit & 1) != 0 && others > 0) {
                return false;
            }
        }
        return true;
    }

    /** Called under lock. */
    private void take(Map<Path, Integer> wanted, Map<Path, Integer> own) {
        wanted.forEach((path, mode) -> {
            int before = own.getOrDefault(path, 0);
            count(holders.computeIfAbsent(path, p -> new int[4]), mode & ~before, 1);
            own.put(path, before | mode);
        });
    }

    /** Called under lock. */
    private void giveBack(Path path, int mode) {
        holders.computeIfPresent(path, (p, counts) -> {
            count(counts, mode, -1);
            return counts[0] + counts[1] + counts[2] + counts[3] == 0 ? null : counts;
        });
    }

    private static void count(int[] counts, int mode, int change) {
        for (int bit = 0; bit < counts.length; bit++) {
            counts[bit] += (mode >> bit & 1) * change;
        }
    }

    /** The modes that others must not have. */
    private static int conflicting(int mode) {
        int conflicting = (mode & EXCLUSIVE) != 0 ? ALL : 0;
        conflicting |= (mode & SHARED) != 0 ? INTENT_EXCLUSIVE | EXCLUSIVE : 0;
        conflicting |= (mode & INTENT_EXCLUSIVE) != 0 ? SHARED | EXCLUSIVE : 0;
        conflicting |= (mode & INTENT_SHARED) != 0 ? EXCLUSIVE : 0;
        return conflicting;
    }

    private static Map<Path, Integer> modes(Collection<Want> wants) {
        Map<Path, Integer> modes = new HashMap<>();
        for (Want want : wants) {
            modes.merge(want.path, want.use == Use.CHANGE ? EXCLUSIVE : SHARED, (a, b) -> a | b);
            int intent = want.use == Use.CHANGE ? INTENT_EXCLUSIVE : INTENT_SHARED;
            for (Path above = want.path.getParent(); above != null; above = above.getParent()) {
                if ((modes.getOrDefault(above, 0) & intent) != 0) {
                    break; // and so it is with those further up
                }
                modes.merge(above, intent, (a, b) -> a | b);
            }
        }
        return modes;
    }
}
