package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ChildInfo;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.SendSignal;
import dev.syscallkernel.process.ProcessSyscall.SetProcessPriority;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The programs that the processes of a kernel have started, and what a process can do with those that come from it.
 * Thread-safe.
 *
 * <p>A running program holds its own logical process and its parent's, as a call does that is inside: neither of them
 * gives its files up before nothing of the program is left. When one of them ends, the program is told to end.
 */
public final class Children implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Children.class.getName());

    private final LauncherSettings settings;
    private final Spawner spawner;
    private final Starter starter;
    private final Lineage lineage;
    private final ProcessTable processes;
    private final Timers timers;
    private final Executor threads;

    /** How much output of ended programs a kernel keeps. */
    private static final long OUTPUT_BUDGET =
            Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 8);

    private static final Duration LOOK = Duration.ofMillis(50);

    private final ConcurrentHashMap<Child, Boolean> running = new ConcurrentHashMap<>(); // and whether it is held
    private final AtomicBoolean watching = new AtomicBoolean();

    /**
     * @param files where launchers have files; created on demand
     * @param threads runs what may block, any number at a time
     * @param starters makes the thread that starts all programs
     */
    public Children(
            LauncherSettings settings,
            Path files,
            ProcessTable processes,
            Timers timers,
            Executor threads,
            ThreadFactory starters) {
        this.starter = new Starter(starters);
        this.settings = settings;
        this.spawner = new Spawner(settings, files, starter, threads);
        this.lineage = new Lineage(timers, OUTPUT_BUDGET, settings.retention());
        this.processes = processes;
        this.timers = timers;
        this.threads = threads;
    }

    /** Begins to try out how programs can be started, so that the first one need not wait for that. */
    public void probe() {
        spawner.probe();
    }

    /** How programs are confined; empty if none can be started. Waits while that is being tried out. */
    public Optional<LauncherTier> tier() {
        return spawner.tier();
    }

    public SpawnedProcess spawn(LogicalProcess parent, SyscallContext context, Command command) {
        Sandbox sandbox = Spawner.sandbox(context, command);
        Child child = start(parent, context, command, sandbox);
        if (context.cancellation().reason() != null) { // nobody will learn of it
            child.killAndAwait();
            context.throwIfCancelled();
        }
        return new SpawnedProcess(child.pid(), child.startedAs());
    }

    private Child start(LogicalProcess parent, SyscallContext context, Command command, Sandbox sandbox) {
        parent.hold(context.syscall());
        LogicalProcess process = null;
        Launch launch = null;
        try {
            // First what can be refused: a program that has begun cannot be taken back, and a process has been.
            Spawner.Prepared prepared = spawner.prepare(context, parent, command, sandbox);
            process = processes.create(
                    spec(parent, command, sandbox), () -> parent.files().share());
            launch = spawner.start(context, prepared);
            context.throwIfCancelled();
            return begin(parent, process, context, command, launch);
        } catch (RuntimeException | Error problem) {
            if (launch != null) {
                launch.abandon();
            }
            if (process != null) {
                processes.end(process.pid());
            }
            parent.letGo();
            throw problem;
        }
    }

    private static ProcessSpec spec(LogicalProcess parent, Command command, Sandbox sandbox) {
        String name = command.program().substring(command.program().lastIndexOf('/') + 1);
        return new ProcessSpec(
                name.substring(0, Math.min(name.length(), ProcessSpec.MAX_NAME_LENGTH)),
                parent.spec().level(),
                parent.priority(),
                sandbox,
                List.of(),
                command.environment());
    }

    private Child begin(
            LogicalProcess parent, LogicalProcess process, SyscallContext context, Command command, Launch launch) {
        process.child(new ChildInfo(
                parent.pid(),
                command.program(),
                launch.osPid(),
                launch.launcher().tier()));
        ChildStreams streams = ChildStreams.of(launch.process(), command, threads);
        Child child = new Child(process, parent, launch, streams, context.place());
        boolean held = hold(process, context);
        lineage.add(child);
        running.put(child, held);
        var unused = launch.process().onExit().thenRun(() -> finish(child));
        watch();
        context.place().releaseBy(() -> endTree(child));
        process.cancellation().onCancel(() -> endTree(child));
        if (!command.limits().runTime().isZero()) {
            Future<?> timer = timers.after(command.limits().runTime(), () -> child.end(ExitCause.TIMED_OUT, timers));
            var ignored = child.exit().whenComplete((status, problem) -> timer.cancel(false));
        }
        return child;
    }

    /** Asks a program to end, and all that come from it: one after the other, they could take their grace each. */
    private void endTree(Child child) {
        child.end(ExitCause.CANCELLED, timers);
        lineage.descendants(child).forEach(descendant -> descendant.end(ExitCause.CANCELLED, timers));
    }

    /** Somebody may have ended it just now. */
    private static boolean hold(LogicalProcess process, SyscallContext context) {
        try {
            process.hold(context.syscall());
            return true;
        } catch (SyscallException ended) {
            return false;
        }
    }

    /** Ends a child whose program has ended, once. Without a thread for that, the next look does it. */
    private void finish(Child child) {
        Boolean held = running.remove(child);
        if (held != null) {
            try {
                threads.execute(() -> ended(child, held));
            } catch (RuntimeException | Error busy) {
                LOG.log(Level.WARNING, "The end of the process " + child.pid() + " has to wait", busy);
                running.put(child, held);
            }
        }
    }

    /**
     * Looks from time to time for programs that have ended, while there are any: the JDK tells it on threads that it
     * shares with the application, which may block them all.
     */
    private void watch() {
        if (watching.compareAndSet(false, true)) {
            var unused = timers.after(LOOK, () -> {
                watching.set(false);
                running.keySet().stream().filter(Child::isOver).forEach(this::finish);
                if (!running.isEmpty()) {
                    watch();
                }
            });
        }
    }

    private void ended(Child child, boolean held) {
        ExitStatus status = null;
        LogicalProcess process = child.requireProcess();
        try {
            status = child.settle();
            process.exitCode(status.code());
        } catch (RuntimeException | Error problem) {
            LOG.log(Level.ERROR, "A fault at the end of the process " + child.pid(), problem);
        } finally {
            try {
                if (held) {
                    process.letGo();
                }
                processes.end(child.pid());
                lineage.ended(child);
            } finally {
                lineage.parentEnded(child.pid());
                child.release(); // first, for who learns of the end may start another one in its place
                child.ended(status == null ? UNKNOWN : status);
            }
        }
    }

    private static final ExitStatus UNKNOWN = new ExitStatus(255, 0, ExitCause.SPAWN_FAILED, true, true);

    public CompletableFuture<ExitStatus> kill(LogicalProcess caller, SyscallContext context, KillProcess call) {
        Child child = lineage.descendant(caller, context, call.target());
        endTree(child);
        // It cannot be taken back, so who cancels it hears how it ended; only the patience of who waits can end before.
        return child.waiter(context, reason -> reason.code() == ErrorCode.TIMED_OUT);
    }

    public CompletableFuture<ExitStatus> await(LogicalProcess caller, SyscallContext context, WaitProcess call) {
        Child child = lineage.descendant(caller, context, call.target());
        CompletableFuture<ExitStatus> end = child.waiter(context, reason -> true);
        call.timeout().ifPresent(patience -> {
            Future<?> timer = timers.after(
                    patience,
                    () -> end.completeExceptionally(
                            context.failure(ErrorCode.TIMED_OUT, "still running after " + patience)));
            var unused = end.whenComplete((status, problem) -> timer.cancel(false));
        });
        return end;
    }

    public void signal(LogicalProcess caller, SyscallContext context, SendSignal call) {
        Child child = lineage.descendant(caller, context, call.target());
        long main = child.osPid();
        if (main < 0) {
            throw context.failure(ErrorCode.NO_SUCH_PROCESS, "the program has ended");
        }
        List<String> command = new ArrayList<>();
        if (Launcher.changesUser()) {
            command.addAll(List.of(
                    "/usr/bin/setpriv",
                    "--reuid=" + settings.uid(),
                    "--regid=" + settings.gid(),
                    "--clear-groups",
                    "--"));
        }
        command.addAll(List.of("/bin/sh", "-c", SIGNAL, Integer.toString(call.signal())));
        command.addAll(List.of(Long.toString(main), Long.toString(child.startTicks())));
        if (run(context, command) != 0 && child.osPid() > 0) {
            throw context.failure(ErrorCode.PERMISSION_DENIED, "the host refuses it");
        }
    }

    /** Signals a process if it is still the one that began then; its name, which comes first, can contain anything. */
    private static final String SIGNAL = """
            read -r line < /proc/$1/stat || exit
            pid=$1 began=$2
            set -- ${line##*) }
            [ "${20}" = "$began" ] && kill -"$0" "$pid"
            """;

    private int run(SyscallContext context, List<String> command) {
        try {
            return starter.run(command.toArray(new String[0]));
        } catch (IOException problem) {
            throw context.failure(ErrorCode.IO_ERROR, "the host cannot do it now", problem);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw context.failure(ErrorCode.CANCELLED, "the calling thread was interrupted", interrupted);
        }
    }

    public void changePriority(LogicalProcess caller, SyscallContext context, SetProcessPriority call) {
        LogicalProcess target = lineage.live(caller, context, call.target());
        Child child = lineage.find(call.target());
        int niceness = Niceness.of(call.priority());
        if (child != null && niceness != Niceness.of(target.priority())) {
            if (child.osPid() < 0) {
                throw context.failure(ErrorCode.NO_SUCH_PROCESS, "the program has ended");
            }
            List<String> command = new ArrayList<>(List.of("/usr/bin/renice", "-n", Integer.toString(niceness), "-p"));
            child.osPids().forEach(pid -> command.add(Long.toString(pid)));
            // It fails also for processes that have ended meanwhile.
            if (run(context, command) != 0 && !ProcFs.haveNiceness(child.osPids(), niceness)) {
                throw context.failure(
                        ErrorCode.PERMISSION_DENIED,
                        "the host refuses it: without the right to do so, a kernel that is not root can lower the"
                                + " priority of a program, but not raise it again");
            }
        }
        target.priority(call.priority());
    }

    public ProcessInfo info(LogicalProcess caller, SyscallContext context, Pid target) {
        return lineage.live(caller, context, target).info();
    }

    /** The caller and those that come from it, by pid. */
    public List<ProcessInfo> list(LogicalProcess caller) {
        return lineage.family(caller);
    }

    public ProcessState state(LogicalProcess caller, SyscallContext context, Pid target) {
        Child child = lineage.find(target);
        if (caller.pid().equals(target)) {
            return child == null ? ProcessState.RUNNING : child.state();
        }
        return lineage.descendant(caller, context, target).state();
    }

    public ProcessStats stats(LogicalProcess caller, SyscallContext context, Pid target) {
        LogicalProcess process = lineage.live(caller, context, target);
        Child child = lineage.find(process.pid());
        return child == null ? ProcFs.stats(List.of()) : child.stats();
    }

    public StreamingReader output(LogicalProcess caller, SyscallContext context, OpenProcessOutput call) {
        OutputBuffer output = lineage.descendant(caller, context, call.target()).output(call.output());
        if (output == null) {
            throw context.failure(
                    ErrorCode.BAD_DESCRIPTOR, "its command has no " + call.output() + " of its own to be read");
        }
        return OutputReader.open(context, output, call.options());
    }

    public StreamingWriter input(LogicalProcess caller, SyscallContext context, OpenProcessInput call) {
        InputPipe input =
                lineage.descendant(caller, context, call.target()).streams().stdin();
        if (input == null) {
            throw context.failure(ErrorCode.BAD_DESCRIPTOR, "its command asked for no input; give it Input.STREAM");
        }
        return InputWriter.open(context, input);
    }

    /** Tells all programs to end, before their processes are ended one after the other. */
    public void endAll() {
        lineage.running().forEach(child -> child.end(ExitCause.CANCELLED, timers));
    }

    /** Ends what still runs, at once, and waits for it. */
    @Override
    public void close() {
        for (Child child : lineage.running()) {
            child.kill();
            try {
                child.exit().get(5, TimeUnit.SECONDS);
            } catch (TimeoutException | ExecutionException late) {
                LOG.log(Level.ERROR, "The process " + child.pid() + " does not end", late);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        lineage.close();
        spawner.close();
    }
}
