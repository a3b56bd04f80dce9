package dev.syscallkernel.local.process;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** The live processes of a kernel. Thread-safe. */
public final class ProcessTable implements AutoCloseable {
    /** How long the end of all waits for those that are just being made. */
    private static final Duration CREATION = Duration.ofSeconds(5);

    private final int maxProcesses;
    private final ResourceLimits limits;
    private final Duration patience;
    private final Clock clock;
    private final EventBus events;
    private final ConcurrentNavigableMap<Integer, LogicalProcess> live = new ConcurrentSkipListMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger lastPid = new AtomicInteger();
    private final ReadWriteLock creation = new ReentrantReadWriteLock(); // shared while a process is being made
    private volatile boolean closed;

    /**
     * @param patience how long the end of a process waits at most for its calls and programs, which are told to stop
     */
    public ProcessTable(int maxProcesses, ResourceLimits limits, Duration patience, Clock clock, EventBus events) {
        this.maxProcesses = maxProcesses;
        this.limits = limits;
        this.patience = patience;
        this.clock = clock;
        this.events = events;
    }

    /** Creates a process whose spec has been checked; its file tree is made once there is room for it. */
    public LogicalProcess create(ProcessSpec spec, Supplier<FileTree> files) {
        Environment.requireAcceptable(spec.environment(), spec.name());
        if (count.incrementAndGet() > maxProcesses) {
            count.decrementAndGet();
            throw new SyscallException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "create_process",
                    spec.name(),
                    "the kernel has " + maxProcesses + " of " + maxProcesses
                            + " processes (maxProcesses); terminate some, or raise the limit");
        }
        LogicalProcess process;
        creation.readLock().lock();
        try {
            requireOpen(spec);
            process = new LogicalProcess(nextPid(), spec, files.get(), limits, clock.instant());
            live.put(process.pid().value(), process);
        } catch (Throwable failure) {
            count.decrementAndGet();
            throw failure;
        } finally {
            creation.readLock().unlock();
        }
        events.publish(new KernelEvent.ProcessCreated(clock.instant(), process.pid(), spec.name()));
        if (closed) {
            end(process.pid());
            requireOpen(spec);
        }
        return process;
    }

    private void requireOpen(ProcessSpec spec) {
        if (closed) {
            throw new SyscallException(ErrorCode.UNAVAILABLE, "create_process", spec.name(), "the kernel is closed");
        }
    }

    /** The live process with this pid, or NO_SUCH_PROCESS. */
    public LogicalProcess find(Pid pid, String operation) {
        LogicalProcess process = live.get(pid.value());
        if (process == null || process.hasEnded()) {
            throw LogicalProcess.noSuchProcess(operation, pid);
        }
        return process;
    }

    /** All that live, by pid. */
    public List<ProcessInfo> infos() {
        List<ProcessInfo> infos = new ArrayList<>();
        for (LogicalProcess process : live.values()) {
            try {
                infos.add(process.info());
            } catch (SyscallException endedMeanwhile) {
                // Not among the living any more.
            }
        }
        return infos;
    }

    /** Ends a process, and tells what it left. Returns whether this call ended it. */
    public boolean end(Pid pid) {
        return end(pid, patience);
    }

    private boolean end(Pid pid, Duration atMost) {
        LogicalProcess process = live.get(pid.value());
        if (process == null) {
            return false;
        }
        Instant begin = clock.instant();
        LogicalProcess.End end = process.end(atMost);
        if (!end.first()) {
            return false;
        }
        live.remove(pid.value());
        count.decrementAndGet();
        Instant now = clock.instant();
        events.publish(new KernelEvent.ProcessTerminated(now, pid, process.exitCode()));
        events.publish(new KernelEvent.ResourceCleanup(
                now, pid, end.bytesFreed(), Duration.between(begin, now), end.byType(), end.errors()));
        return true;
    }

    /** Ends every process, and waits for the calls of all of them together as long as for those of one. */
    @Override
    public void close() {
        refuseNewOnes();
        live.values().forEach(LogicalProcess::cancelCalls);
        Instant deadline = Instant.now().plus(patience);
        for (LogicalProcess process : live.values()) {
            Duration left = Duration.between(Instant.now(), deadline);
            end(process.pid(), left.isNegative() ? Duration.ZERO : left);
        }
    }

    /** Waits for those that are being made: they would make directories again that the kernel has removed by then. */
    private void refuseNewOnes() {
        boolean exclusive = false;
        try {
            exclusive = creation.writeLock().tryLock(CREATION.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        closed = true;
        if (exclusive) {
            creation.writeLock().unlock();
        }
    }

    private Pid nextPid() {
        int pid = lastPid.incrementAndGet();
        if (pid <= 0) {
            throw new SyscallException(
                    ErrorCode.RESOURCE_EXHAUSTED, "create_process", "", "all pids of this kernel have been used");
        }
        return new Pid(pid);
    }
}
