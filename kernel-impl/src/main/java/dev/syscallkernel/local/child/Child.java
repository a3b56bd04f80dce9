package dev.syscallkernel.local.child;

import dev.syscallkernel.Pid;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.ProgramOutput;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A program that runs, or ran. Thread-safe. */
final class Child {
    private static final System.Logger LOG = System.getLogger(Child.class.getName());

    /** How long it is waited for that nothing is left of a program that was killed. */
    static final Duration VERIFICATION = Duration.ofSeconds(5);

    /** How long the end of the output is waited for: it is certain to come unless something can hold it that survives. */
    private static final Duration CERTAIN_END = Duration.ofSeconds(30);

    private static final Duration UNCERTAIN_END = Duration.ofMillis(500);
    private static final int SIGXCPU = 24;
    private static final int SIGXFSZ = 25;

    private final Pid pid;
    private final LogicalProcess parent;
    private final Launch launch;
    private volatile @Nullable LogicalProcess process; // until it has ended: what has ended holds little memory
    private volatile @Nullable Future<?> retention; // ends its being kept
    private final ChildStreams streams;
    private final Place place;
    private final ProcFs.@Nullable Stat initStat;
    private final ProcFs.@Nullable Stat mainStat;
    private final CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
    private final Map<Object, CompletableFuture<ExitStatus>> waiters = new ConcurrentHashMap<>();
    private final Object lock = new Object();
    private @Nullable ExitCause killed; // guarded by lock; why it is being ended
    private List<ProcessHandle> family =
            List.of(); // guarded by lock; who is ended with it, where nobody else does that

    /** @param place of the child among those of its parent */
    Child(LogicalProcess process, LogicalProcess parent, Launch launch, ChildStreams streams, Place place) {
        this.pid = process.pid();
        this.process = process;
        this.parent = parent;
        this.launch = launch;
        this.streams = streams;
        this.place = place;
        this.initStat = launch.initStat();
        this.mainStat = launch.mainStat();
    }

    Pid pid() {
        return pid;
    }

    Pid parent() {
        return parent.pid();
    }

    boolean isParentAlive() {
        return parent.cancellation().reason() == null;
    }

    /** Its process, or null once it has ended. */
    @Nullable
    LogicalProcess process() {
        return process;
    }

    /** Its process; only for who ends it. */
    LogicalProcess requireProcess() {
        return Objects.requireNonNull(process);
    }

    /** Its output is kept until then. */
    void retention(Future<?> timer) {
        retention = timer;
    }

    /** Nothing is kept any more. */
    void forgotten() {
        Future<?> timer = retention;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    ChildStreams streams() {
        return streams;
    }

    /** How it ended, once nothing of it is left. Completed on a thread that may block. */
    CompletableFuture<ExitStatus> exit() {
        return exit;
    }

    /**
     * The same, for one of those who wait for it: who gives up completes his own future, and leaves nothing behind.
     *
     * @param givesUp the reasons for which the wait is over when the call is cancelled
     */
    CompletableFuture<ExitStatus> waiter(SyscallContext context, Predicate<CancellationToken.Reason> givesUp) {
        CompletableFuture<ExitStatus> waiter = new CompletableFuture<>();
        Object key = new Object();
        waiters.put(key, waiter);
        var unused = waiter.whenComplete((status, problem) -> waiters.remove(key));
        if (exit.isDone()) {
            waiter.complete(exit.join());
        }
        CancellationToken cancellation = context.cancellation();
        cancellation.onCancel(() -> {
            CancellationToken.Reason reason = cancellation.reason();
            if (reason != null && givesUp.test(reason)) {
                waiter.completeExceptionally(context.failure(reason.code(), reason.text()));
            }
        });
        return waiter;
    }

    /** Nothing of it is left. */
    void ended(ExitStatus status) {
        exit.complete(status);
        waiters.values().forEach(waiter -> waiter.complete(status));
    }

    /** Whether its launcher has ended, and with it the program. */
    boolean isOver() {
        return launch.isOver();
    }

    boolean hasEnded() {
        return exit.isDone();
    }

    /** The operating system's id of its main process, which may have ended. */
    long startedAs() {
        return launch.osPid();
    }

    /** The operating system's id of its main process, or -1 if that has ended. */
    long osPid() {
        ProcFs.Stat now = ProcFs.stat(launch.osPid());
        return now != null && !now.isDead() && isSame(mainStat, now) ? launch.osPid() : -1;
    }

    private static boolean isSame(ProcFs.@Nullable Stat before, ProcFs.Stat now) {
        return before != null && before.startTicks() == now.startTicks();
    }

    /** When its main process began, in the operating system's units; 0 if that is not known. */
    long startTicks() {
        return mainStat == null ? 0 : mainStat.startTicks();
    }

    ProcessState state() {
        ProcFs.Stat now = hasEnded() ? null : ProcFs.stat(launch.osPid());
        return now == null || !isSame(mainStat, now) ? ProcessState.EXITED : now.processState();
    }

    ProcessStats stats() {
        return ProcFs.stats(osPids());
    }

    /** All of its processes. */
    List<Long> osPids() {
        long init = launch.init();
        List<Long> all = new ArrayList<>(ProcFs.family(init > 0 ? init : launch.osPid()));
        if (init <= 0) {
            all.add(launch.osPid());
        }
        return all;
    }

    /** Asks it to end, and ends it when its grace is over. Only the first cause counts. Returns at once. */
    void end(ExitCause cause, Timers timers) {
        List<ProcessHandle> relatives = launch.launcher().hasInit() ? List.of() : relatives();
        synchronized (lock) {
            if (killed != null || hasEnded()) {
                return;
            }
            killed = cause;
            family = relatives;
        }
        long main = osPid();
        if (main > 0) {
            ProcessHandle.of(main).ifPresent(ProcessHandle::destroy);
        }
        var timer = timers.after(launch.launcher().settings().grace(), this::kill);
        var unused = exit.whenComplete((status, problem) -> timer.cancel(false));
    }

    /** Ends it at once. */
    void kill() {
        launch.kill();
        killRelatives();
    }

    /** Ends it at once, and waits until it is not there any more. */
    void killAndAwait() {
        kill();
        launch.awaitEnd();
    }

    private List<ProcessHandle> relatives() {
        return ProcFs.family(launch.osPid()).stream()
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .toList();
    }

    /** Ends those that no first process takes with it, as far as they can be found. Returns whether there were any. */
    private boolean killRelatives() {
        if (launch.launcher().hasInit()) {
            return false;
        }
        List<ProcessHandle> all = new ArrayList<>(relatives());
        synchronized (lock) {
            all.addAll(family);
        }
        all.removeIf(relative -> !ProcFs.isAlive(relative));
        all.forEach(ProcessHandle::destroyForcibly);
        return !all.isEmpty();
    }

    /** Returns whether none of those is left that can be found. */
    private boolean awaitRelatives() {
        long deadline = System.nanoTime() + VERIFICATION.toNanos();
        while (killRelatives()) {
            if (System.nanoTime() > deadline) {
                LOG.log(Level.ERROR, "Relatives of the process " + pid() + " do not end");
                return false;
            }
            LockSupport.parkNanos(200_000);
        }
        return true;
    }

    /** The launcher has ended: makes sure that all has ended with it, and keeps what it wrote. May block for a moment. */
    ExitStatus settle() {
        boolean relativesEnded = awaitRelatives();
        boolean verified = awaitInit() && relativesEnded;
        boolean incomplete = streams.finish(launch.launcher().hasInit() ? CERTAIN_END : UNCERTAIN_END);
        int code = launch.exitCode().orElse(launch.exitValue());
        int signal = code > 128 && code <= 128 + 64 ? code - 128 : 0;
        boolean uncertain = !verified || launch.launcher().tier() == LauncherTier.PLAIN;
        ExitStatus status = new ExitStatus(code, signal, cause(signal), incomplete, uncertain);
        launch.deleteFiles();
        launch.forget();
        return status;
    }

    private ExitCause cause(int signal) {
        synchronized (lock) {
            if (killed != null) {
                return killed;
            }
        }
        if (signal == SIGXCPU || signal == SIGXFSZ) {
            return ExitCause.KILLED_BY_LIMIT;
        }
        if (signal == 0 && launch.exitCode().isEmpty() && launch.launcher().tier() == LauncherTier.CONFINED) {
            return ExitCause.SPAWN_FAILED;
        }
        return signal > 0 ? ExitCause.SIGNALLED : ExitCause.EXITED;
    }

    /** The first process of a sandbox is gone only when all others are. Returns whether it is. */
    private boolean awaitInit() {
        long init = launch.init();
        long deadline = System.nanoTime() + VERIFICATION.toNanos();
        while (init > 0 && isAlive(init)) {
            if (System.nanoTime() > deadline) {
                LOG.log(
                        Level.ERROR,
                        "The sandbox of the process " + pid() + " does not end; its first process is " + init);
                return false;
            }
            ProcessHandle.of(init).ifPresent(ProcessHandle::destroyForcibly);
            LockSupport.parkNanos(200_000);
        }
        return true;
    }

    private boolean isAlive(long init) {
        ProcFs.Stat now = ProcFs.stat(init);
        return now != null && !now.isDead() && isSame(initStat, now);
    }

    /** Gives back what it held of its parent. */
    void release() {
        process = null;
        place.close();
        parent.letGo();
    }

    /** What a stream of its output is kept in, or null if it has none like that. */
    @Nullable
    OutputBuffer output(ProgramOutput output) {
        return output == ProgramOutput.STDOUT ? streams.stdout() : streams.stderr();
    }
}
