package dev.syscallkernel.local.process;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.process.ChildInfo;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Sandbox;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A logical process: a security principal, and the owner of what its calls hold. Thread-safe.
 *
 * <p>A call {@linkplain #enter enters} and {@linkplain #leave leaves}. When the process ends, its calls are told to
 * stop, and whoever is last inside, a call or the one who ends the process, takes down the file tree. So no call works
 * on a tree that is gone, and a late call leaves nothing behind.
 */
public final class LogicalProcess {
    private static final int ENDED = Integer.MIN_VALUE;

    /** The processes that the calls of this thread are inside of: an interceptor may make calls, or end a process. */
    private static final ThreadLocal<ArrayDeque<LogicalProcess>> THREAD_INSIDE =
            ThreadLocal.withInitial(ArrayDeque::new);

    private final Pid pid;
    private final ProcessSpec spec;
    private final FileTree files;
    private final ResourceLimits kernelLimits;
    private final Instant createdAt;
    private final Environment environment;
    private final Resources resources = new Resources();
    private final CancellationToken cancellation = new CancellationToken();
    private final AtomicInteger inside = new AtomicInteger(); // the number of calls, and the sign bit once ended
    private final CompletableFuture<FileTree.Cleanup> treeDown = new CompletableFuture<>();
    private final LongAdder calls = new LongAdder();
    private final LongAdder failedCalls = new LongAdder();
    private volatile Sandbox sandbox;
    private volatile int priority;
    private volatile @Nullable ChildInfo child; // what it is as a program
    private volatile int exitCode;

    LogicalProcess(Pid pid, ProcessSpec spec, FileTree files, ResourceLimits kernelLimits, Instant createdAt) {
        this.pid = pid;
        this.spec = spec;
        this.files = files;
        this.kernelLimits = kernelLimits;
        this.createdAt = createdAt;
        this.environment = new Environment(spec.environment());
        this.sandbox = spec.sandbox();
        this.priority = spec.priority();
    }

    public Pid pid() {
        return pid;
    }

    public FileTree files() {
        return files;
    }

    public Environment environment() {
        return environment;
    }

    public Resources resources() {
        return resources;
    }

    public Sandbox sandbox() {
        return sandbox;
    }

    /** Cancelled when the process ends. */
    public CancellationToken cancellation() {
        return cancellation;
    }

    /** The limits of this sandbox, which are the kernel's where it names none. */
    public ResourceLimits limits(Sandbox rules) {
        return rules.limits().orElse(kernelLimits);
    }

    /** Replaces the sandbox; the new one has been checked. */
    public void updateSandbox(Sandbox checked) {
        requireAlive("update_sandbox");
        sandbox = checked;
    }

    /** The ceiling of what the process can be granted, and its name for messages. */
    public ProcessSpec spec() {
        return spec;
    }

    public ProcessInfo info() {
        requireAlive("get_process_info");
        return new ProcessInfo(
                pid,
                spec.name(),
                spec.level(),
                priority,
                sandbox,
                files.mountPoints(),
                files.workingDirectory(),
                createdAt,
                resources.count(Resources.Kind.STREAM),
                calls.sum(),
                failedCalls.sum(),
                child);
    }

    public int priority() {
        return priority;
    }

    public void priority(int value) {
        priority = value;
    }

    /** Says what the process is as a program of the operating system. */
    public void child(ChildInfo program) {
        child = program;
    }

    /** The exit code of its program; 0 for a process without one. */
    public int exitCode() {
        return exitCode;
    }

    public void exitCode(int code) {
        exitCode = code;
    }

    /**
     * Keeps the file tree, like a call inside, but without a thread: for a program that uses what is in it. When the
     * process ends, it waits for {@link #letGo}.
     */
    public void hold(String syscall) {
        if (inside.getAndIncrement() < 0) {
            release();
            throw noSuchProcess(syscall, pid);
        }
    }

    /** Ends what {@link #hold} began. */
    public void letGo() {
        release();
    }

    /** Begins a call; {@link #leave} must follow, on the same thread. */
    public void enter(String syscall) {
        hold(syscall);
        THREAD_INSIDE.get().push(this);
    }

    /** Ends a call's use of the process. */
    public void leave() {
        THREAD_INSIDE.get().pop();
        release();
    }

    private void release() {
        if (inside.decrementAndGet() == ENDED) {
            takeDownTree();
        }
    }

    /** Counts a call that has been answered. */
    public void count(boolean success) {
        calls.increment();
        if (!success) {
            failedCalls.increment();
        }
    }

    /** The error of a call to a process that does not live, or no longer. */
    public static SyscallException noSuchProcess(String syscall, Pid pid) {
        return new SyscallException(
                ErrorCode.NO_SUCH_PROCESS,
                syscall,
                "",
                "no live process has the pid " + pid + "; it has ended or was never created");
    }

    /** Tells all calls to stop, and admits no further ones. Returns false if that has been done before. */
    private boolean beginEnd() {
        // First, so that whoever finds the process ended can rely on its calls being told.
        cancellation.cancel(ErrorCode.CANCELLED, "the process has ended");
        int before = inside.getAndUpdate(n -> n | ENDED);
        if (before == 0) {
            takeDownTree();
        }
        return before >= 0;
    }

    /** Tells all calls to stop, without waiting for any. {@link #end} must follow. */
    void cancelCalls() {
        cancellation.cancel(ErrorCode.CANCELLED, "the process has ended");
    }

    /**
     * Ends the process and waits until its calls have left it.
     *
     * @param patience how long it waits at most
     * @return what it had still held
     */
    End end(Duration patience) {
        if (!beginEnd()) {
            return End.ALREADY;
        }
        Resources.Released released = resources.releaseAll();
        Map<String, Long> byType = new TreeMap<>(released.byType());
        List<String> errors = new ArrayList<>(released.errors());
        FileTree.Cleanup tree = awaitTree(patience, errors);
        if (tree.scratchDirectories() > 0) {
            byType.put("scratch_directory", (long) tree.scratchDirectories());
        }
        errors.addAll(tree.errors());
        return new End(true, tree.bytesFreed(), byType, errors);
    }

    /**
     * How a process ended.
     *
     * @param first whether it was this call that ended it
     */
    record End(boolean first, long bytesFreed, Map<String, Long> byType, List<String> errors) {
        static final End ALREADY = new End(false, 0, Map.of(), List.of());
    }

    private FileTree.Cleanup awaitTree(Duration patience, List<String> errors) {
        FileTree.Cleanup unknown = new FileTree.Cleanup(0, 0, List.of());
        if (!treeDown.isDone() && THREAD_INSIDE.get().contains(this)) {
            errors.add("ended from inside one of its calls, which cleans up when it stops");
            return unknown;
        }
        try {
            return treeDown.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            errors.add(
                    (inside.get() & Integer.MAX_VALUE) + " calls have not stopped yet; the last one to stop cleans up");
            return unknown;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            errors.add("interrupted while waiting for running calls; the last one to stop cleans up");
            return unknown;
        } catch (ExecutionException failure) {
            errors.add("the file tree could not be released: " + failure.getCause());
            return unknown;
        }
    }

    private void takeDownTree() {
        try {
            treeDown.complete(files.release());
        } catch (RuntimeException failure) {
            treeDown.completeExceptionally(failure);
        }
    }

    boolean hasEnded() {
        return inside.get() < 0;
    }

    private void requireAlive(String operation) {
        if (hasEnded()) {
            throw noSuchProcess(operation, pid);
        }
    }
}
