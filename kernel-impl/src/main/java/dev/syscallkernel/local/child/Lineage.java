package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ProcessInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Who comes from whom, and hence who may act on whom. Programs that have ended are kept for a while, so that their status
 * and output can be had: for some minutes, or until their parent ends, and of each parent only so many. Thread-safe.
 */
final class Lineage {
    /** How many ended children of one parent keep their output; it can be 2 MiB of each. */
    static final int OUTPUTS = 64;

    /** How many ended children of one parent keep their status. */
    static final int STATUSES = 4096;

    private final Timers timers;
    private final long budget;
    private final Duration retention;
    private final ConcurrentNavigableMap<Integer, Child> children = new ConcurrentSkipListMap<>();

    /**
     * @param budget how many bytes of output are kept of all that have ended, at most
     * @param retention how long anything is kept of one that has ended
     */
    Lineage(Timers timers, long budget, Duration retention) {
        this.timers = timers;
        this.budget = budget;
        this.retention = retention;
    }

    void add(Child child) {
        children.put(child.pid().value(), child);
    }

    /** The program of a process, or null if it has none. */
    @Nullable
    Child find(Pid pid) {
        return children.get(pid.value());
    }

    List<Child> running() {
        return children.values().stream().filter(child -> !child.hasEnded()).toList();
    }

    /** A program that comes from the caller, running or not. */
    Child descendant(LogicalProcess caller, SyscallContext context, Pid target) {
        Child child = children.get(target.value());
        if (caller.pid().equals(target)) {
            throw context.failure(
                    ErrorCode.INVALID_ARGUMENT, "a process does this only with its children, not with itself");
        }
        if (child == null || !comesFrom(child, caller.pid())) {
            throw LogicalProcess.noSuchProcess(context.syscall(), target);
        }
        return child;
    }

    /** The caller, or a live process that comes from it. */
    LogicalProcess live(LogicalProcess caller, SyscallContext context, Pid target) {
        if (caller.pid().equals(target)) {
            return caller;
        }
        Child child = descendant(caller, context, target);
        if (child.hasEnded()) {
            throw LogicalProcess.noSuchProcess(context.syscall(), target);
        }
        LogicalProcess process = child.process();
        if (process == null) {
            throw LogicalProcess.noSuchProcess(context.syscall(), target); // ended just now
        }
        return process;
    }

    private boolean comesFrom(Child child, Pid ancestor) {
        for (Child next = child; next != null; next = children.get(next.parent().value())) {
            if (next.parent().equals(ancestor)) {
                return true;
            }
        }
        return false;
    }

    /** The running programs that come from a program. */
    List<Child> descendants(Child ancestor) {
        return children.values().stream()
                .filter(child -> !child.hasEnded() && comesFrom(child, ancestor.pid()))
                .toList();
    }

    /** The caller and the live ones that come from it, by pid. */
    List<ProcessInfo> family(LogicalProcess caller) {
        List<ProcessInfo> family = new ArrayList<>();
        family.add(caller.info());
        for (Child child : children.values()) {
            LogicalProcess process = child.process();
            if (process != null && !child.hasEnded() && comesFrom(child, caller.pid())) {
                try {
                    family.add(process.info());
                } catch (SyscallException endedMeanwhile) {
                    // Not among the living any more.
                }
            }
        }
        return family;
    }

    /** A program is ending: from now on it is kept only as long as that is useful. */
    void ended(Child child) {
        List<Child> siblings = new ArrayList<>();
        for (Child other : children.values()) {
            if (other != child && other.hasEnded() && !other.isParentAlive()) {
                forget(other);
            } else if (other.hasEnded() && other.parent().equals(child.parent())) {
                siblings.add(other);
            }
        }
        siblings.stream()
                .limit(Math.max(0, siblings.size() - OUTPUTS + 1))
                .forEach(old -> old.streams().drop());
        siblings.stream().limit(Math.max(0, siblings.size() - STATUSES + 1)).forEach(this::forget);
        keepWithin(child);
        child.retention(timers.after(retention, () -> forget(child)));
    }

    /** Drops the output of those that are the first in age, until all that is kept is not too much for the kernel. */
    private void keepWithin(Child latest) {
        long kept = latest.streams().kept();
        List<Child> ended = new ArrayList<>();
        for (Child other : children.values()) {
            if (other != latest && other.hasEnded()) {
                ended.add(other);
                kept += other.streams().kept();
            }
        }
        for (Child old : ended) {
            if (kept <= budget) {
                return;
            }
            kept -= old.streams().kept();
            old.streams().drop();
        }
    }

    /** The parent has ended, and nobody else can ask for what is kept. */
    void parentEnded(Pid parent) {
        children.values().stream()
                .filter(child -> child.hasEnded() && child.parent().equals(parent))
                .forEach(this::forget);
    }

    private void forget(Child child) {
        children.remove(child.pid().value(), child);
        child.streams().drop();
        child.forgotten();
    }

    void close() {
        children.values().forEach(this::forget);
    }
}
