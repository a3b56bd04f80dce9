package dev.syscallkernel.local.batch;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Bounds the batches that are under way: of a process, and in all; and what their arguments take. Thread-safe. */
final class Places {
    /** How many batches can be under way. */
    static final int MAX_UNDER_WAY = 256;

    /** How many can be that have syscalls of one process. */
    static final int MAX_OF_PROCESS = 64;

    private final long maxBytes;
    private final Map<Pid, Integer> ofProcess = new HashMap<>(); // guarded by this
    private int taken; // guarded by this
    private long bytes; // guarded by this

    /** @param maxBytes how many bytes all arguments can take, of more than one batch */
    Places(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Takes a place.
     *
     * @return gives it back; to be run once
     * @throws SyscallException RESOURCE_EXHAUSTED
     */
    synchronized Runnable take(Set<Pid> processes, long size) {
        require(taken < MAX_UNDER_WAY, "there are " + taken + " batches under way, which is the most");
        for (Pid pid : processes) {
            int own = ofProcess.getOrDefault(pid, 0);
            require(own < MAX_OF_PROCESS, "process " + pid + " has " + own + " batches under way, which is the most");
        }
        require(
                taken == 0 || bytes + size <= maxBytes,
                "the arguments of the batches under way take " + bytes + " bytes, and " + size + " more are over the "
                        + maxBytes + " that there are");
        taken++;
        bytes += size;
        processes.forEach(pid -> ofProcess.merge(pid, 1, Integer::sum));
        return () -> giveBack(processes, size);
    }

    private static void require(boolean free, String problem) {
        if (!free) {
            throw new SyscallException(
                    ErrorCode.RESOURCE_EXHAUSTED, LocalBatches.OPERATION, "", problem + "; wait for one of them");
        }
    }

    private synchronized void giveBack(Set<Pid> processes, long size) {
        taken--;
        bytes -= size;
        processes.forEach(pid -> ofProcess.computeIfPresent(pid, (p, count) -> count == 1 ? null : count - 1));
    }
}
