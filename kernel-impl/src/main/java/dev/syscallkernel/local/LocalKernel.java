package dev.syscallkernel.local;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.batch.LocalBatches;
import dev.syscallkernel.local.child.Children;
import dev.syscallkernel.local.child.LauncherSettings;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.security.SandboxRules;
import dev.syscallkernel.local.stream.Uploads;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.local.task.TaskSettings;
import dev.syscallkernel.local.task.Tasks;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.AsyncTaskManager;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in this JVM, without any network.
 *
 * <pre>{@code
 * try (SyscallKernel kernel = LocalKernel.builder().build()) {
 *     KernelProcess reader = kernel.createProcess(ProcessSpec.named("reader")
 *             .mount("/data", directory, Access.READ_ONLY)
 *             .grant(Capability.READ_FILE)
 *             .build());
 *     byte[] notes = reader.execute(new ReadFile("/data/notes.txt"));
 * }
 * }</pre>
 *
 * <p>File operations run on the caller's thread, or on one of those for tasks or batches; waiting ones hold none. The
 * kernel's own threads are daemons: one for timers, as many workers as processors, as many again for tasks (at least four),
 * twice as many for parallel batches, and one for each atomic batch and each callback of the application while it runs.
 * Thread-safe.
 */
public final class LocalKernel implements SyscallKernel {
    private static final Duration UPLOAD_SWEEP = Duration.ofMinutes(10);
    private static final Duration AGING_STEP = Duration.ofSeconds(1);

    private final Builder settings;
    private final StateDirectory state;
    private final KernelThreads threads;
    private final EventBus events;
    private final Timers timers;
    private final Uploads uploads;
    private final Transactions transactions;
    private final SandboxRules rules;
    private final ProcessTable processes;
    private final Children children;
    private final SyscallDispatcher dispatcher;
    private final Tasks tasks;
    private final LocalBatches batches;
    private final Instant startedAt;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean drained; // of tasks, by closing

    private LocalKernel(Builder settings) {
        Path directory = settings.stateDirectory;
        this.settings = settings;
        this.state = directory == null ? StateDirectory.temporary() : StateDirectory.open(directory);
        this.transactions = openTransactions();
        this.uploads = openUploads();
        this.threads = new KernelThreads();
        this.events = new EventBus(threads.callbacks());
        this.timers = new Timers(KernelThreads.named("timer"), threads.workers());
        timers.every(UPLOAD_SWEEP, uploads::sweep);
        this.rules = new SandboxRules(settings.ceiling);
        this.processes = new ProcessTable(
                settings.maxProcesses, settings.limits, settings.launcher.ending(), settings.clock, events);
        this.children = new Children(
                settings.launcher,
                state.launchers(),
                processes,
                timers,
                threads.callbacks(),
                KernelThreads.named("starter"));
        if (settings.ceiling == SandboxLevel.PRIVILEGED) { // elsewhere nobody can start one
            children.probe();
        }
        this.startedAt = settings.clock.instant();
        long startedNanos = System.nanoTime();
        this.dispatcher = new SyscallDispatcher(
                SyscallHandlers.table(
                        new SystemHandlers(timers),
                        uploads,
                        children,
                        settings.clock,
                        () -> Duration.ofNanos(System.nanoTime() - startedNanos)),
                settings.interceptors,
                events,
                timers,
                threads.callbacksLater(),
                settings.clock,
                System::nanoTime);
        this.tasks = new Tasks(
                settings.tasks(threads.taskThreads()),
                processes,
                dispatcher,
                timers,
                threads.tasks(),
                threads.workers(),
                threads.callbacks(),
                settings.clock,
                System::nanoTime,
                new SecureRandom());
        this.batches = new LocalBatches(
                processes,
                dispatcher,
                transactions,
                tasks,
                timers,
                threads.batches(),
                threads.atomics(),
                threads.callbacks(),
                System::nanoTime);
    }

    /** Starts the description of a kernel. As it stands, it needs no settings at all. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public KernelProcess createProcess(ProcessSpec spec) {
        requireOpen("create_process");
        rules.check(spec);
        return new LocalProcess(
                this, processes.create(spec, () -> FileTree.open(mounts(spec), state.scratch(), transactions)));
    }

    private Transactions openTransactions() {
        try {
            Transactions opened = state.journal()
                    .map(journal -> Transactions.open(journal, state.scratch(), settings.accepted))
                    .orElseGet(Transactions::withoutJournal);
            state.sweep();
            return opened;
        } catch (RuntimeException | Error failure) {
            state.close();
            throw failure;
        }
    }

    private Uploads openUploads() {
        try {
            return new Uploads(state.uploads().orElse(null), settings.clock);
        } catch (RuntimeException | Error failure) {
            transactions.close();
            state.close();
            throw failure;
        }
    }

    /** The kernel's mounts, then those of the spec, which hide the kernel's at the same path. */
    private List<Mount> mounts(ProcessSpec spec) {
        Map<String, Mount> mounts = new LinkedHashMap<>();
        if (spec.level() != SandboxLevel.MINIMAL) {
            settings.mounts.forEach(mount -> mounts.put(mount.path(), mount));
        }
        List<Mount> all = new ArrayList<>(spec.mounts());
        spec.mounts().forEach(mount -> mounts.remove(mount.path()));
        all.addAll(mounts.values());
        return all;
    }

    @Override
    public KernelProcess process(Pid pid) {
        requireOpen("find_process");
        return new LocalProcess(this, processes.find(pid, "find_process"));
    }

    @Override
    public List<ProcessInfo> processes() {
        requireOpen("list_processes");
        return processes.infos();
    }

    @Override
    public BatchExecutor batches() {
        requireOpen("execute_batch");
        return batches;
    }

    @Override
    public KernelInfo info() {
        requireOpen("get_kernel_info");
        return new KernelInfo(
                KernelVersion.CURRENT,
                startedAt,
                settings.ceiling,
                settings.limits,
                settings.maxProcesses,
                features(),
                launcherTier());
    }

    /** Where no process can start a program, it is not tried out how. */
    private @Nullable LauncherTier launcherTier() {
        return settings.ceiling == SandboxLevel.PRIVILEGED ? children.tier().orElse(null) : null;
    }

    private Set<String> features() {
        return state.uploads().isPresent()
                ? Set.of(
                        "events",
                        "streaming-read",
                        "streaming-write",
                        "tasks",
                        "programs",
                        "batch",
                        "resumable-upload",
                        "durable-batch")
                : Set.of("events", "streaming-read", "streaming-write", "tasks", "programs", "batch");
    }

    /** While the kernel closes, tasks can still be found and cancelled, until the grace is over. */
    @Override
    public AsyncTaskManager tasks() {
        if (drained) {
            requireOpen("find_tasks");
        }
        return tasks;
    }

    <R extends @Nullable Object> TaskHandle<R> submit(LogicalProcess process, Syscall<R> call, TaskOptions options) {
        return tasks.submit(process.pid(), call, options);
    }

    @Override
    public Flow.Publisher<KernelEvent> events(Set<KernelEvent.Type> types) {
        requireOpen("stream_events");
        return events.publisher(types);
    }

    /** The atomic batches that the former kernel with this state directory left unfinished, and what became of them. */
    public List<RecoveredBatch> recoveredBatches() {
        return transactions.recovery().transactions().stream()
                .map(found -> new RecoveredBatch(
                        found.id(),
                        RecoveredBatch.Outcome.valueOf(found.action().name()),
                        found.paths()))
                .toList();
    }

    Uploads uploads() {
        return uploads;
    }

    SyscallDispatcher dispatcher() {
        return dispatcher;
    }

    void updateSandbox(LogicalProcess process, Sandbox sandbox) {
        rules.check(sandbox, process.spec(), "update_sandbox");
        process.updateSandbox(sandbox);
    }

    boolean terminate(Pid pid) {
        return processes.end(pid);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            tasks.cancelAll(settings.taskGrace);
            drained = true;
            batches.cancelAll();
            uploads.keep();
            children.endAll();
            processes.close();
            children.close();
            tasks.reportStragglers();
            events.close();
            timers.close();
            threads.close();
            boolean quiet = transactions.awaitEnd();
            transactions.close();
            if (quiet) {
                state.close();
            } else {
                state.leaveLocked();
            }
        }
    }

    private void requireOpen(String operation) {
        if (closed.get()) {
            throw new SyscallException(ErrorCode.UNAVAILABLE, operation, "", "the kernel is closed");
        }
    }

    /** Collects the settings of a kernel. Every one has a default. Not thread-safe. */
    public static final class Builder {
        private @Nullable Path stateDirectory;
        private SandboxLevel ceiling = SandboxLevel.STANDARD;
        private final List<Mount> mounts = new ArrayList<>();
        private ResourceLimits limits = ResourceLimits.DEFAULT;
        private int maxProcesses = 4096;
        private final List<SyscallInterceptor> interceptors = new ArrayList<>();
        private final Set<String> accepted = new HashSet<>();
        private Clock clock = Clock.systemUTC();
        private LauncherSettings launcher = LauncherSettings.DEFAULT;
        private int maxTasks = 250_000;
        private long maxTaskBytes = Math.max(16L << 20, Runtime.getRuntime().maxMemory() / 4);
        private Duration taskRetention = Duration.ofHours(1);
        private Duration taskGrace = Duration.ZERO;

        private Builder() {}

        /**
         * Sets where the kernel keeps what has to survive it; created where needed. At most one kernel can use it at a
         * time. By default there is a temporary one, removed on close.
         */
        public Builder stateDirectory(Path directory) {
            this.stateDirectory = requireNonNull(directory, "directory");
            return this;
        }

        /** Sets the highest level that a process can have; STANDARD by default. */
        public Builder ceiling(SandboxLevel level) {
            this.ceiling = requireNonNull(level, "level");
            return this;
        }

        /** Gives a mount to every process above MINIMAL whose spec mounts nothing else at this path. */
        public Builder mount(Mount mount) {
            mounts.add(requireNonNull(mount, "mount"));
            return this;
        }

        /** Sets the limits of processes whose sandbox names none. */
        public Builder limits(ResourceLimits defaults) {
            this.limits = requireNonNull(defaults, "defaults");
            return this;
        }

        /** Sets how many processes can live at a time; 4,096 by default. */
        public Builder maxProcesses(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("a kernel needs room for at least one process: " + count);
            }
            this.maxProcesses = count;
            return this;
        }

        /** Adds an interceptor; they are asked in the order in which they were added. */
        public Builder interceptor(SyscallInterceptor interceptor) {
            interceptors.add(requireNonNull(interceptor, "interceptor"));
            return this;
        }

        /**
         * Takes the files of an atomic batch that is in doubt as they are, and forgets the batch.
         *
         * @param id the name of the batch, as {@link #recoveredBatches} tells it
         */
        public Builder acceptInDoubt(String id) {
            accepted.add(requireNonNull(id, "id"));
            return this;
        }

        /** Sets the time of day that processes see and that events carry; the system's by default. */
        public Builder clock(Clock source) {
            this.clock = requireNonNull(source, "source");
            return this;
        }

        /** Sets how many tasks can live at a time, in all processes; 250,000 by default. */
        public Builder maxTasks(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("a kernel needs room for at least one task: " + count);
            }
            this.maxTasks = count;
            return this;
        }

        /**
         * Sets how many bytes the arguments of all live tasks can have, of which a process can have a quarter; a quarter
         * of the heap by default, and at least 16 MiB.
         */
        public Builder maxTaskBytes(long bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("maxTaskBytes must be positive: " + bytes);
            }
            this.maxTaskBytes = bytes;
            return this;
        }

        /**
         * Sets how long the end of a task, and its result, is remembered; an hour by default. Where all that
         * is remembered takes more than a sixteenth of the heap, those that ended first are forgotten before.
         */
        public Builder taskRetention(Duration time) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("taskRetention must be positive: " + time);
            }
            this.taskRetention = time;
            return this;
        }

        /** Sets how long {@link LocalKernel#close()} lets tasks go on before it cancels them; not at all by default. */
        public Builder taskGrace(Duration patience) {
            if (patience.isNegative()) {
                throw new IllegalArgumentException("taskGrace must not be negative: " + patience);
            }
            this.taskGrace = patience;
            return this;
        }

        private TaskSettings tasks(int threads) {
            return new TaskSettings(
                    threads,
                    AGING_STEP,
                    maxTasks,
                    maxTaskBytes,
                    taskRetention,
                    Math.max(1L << 20, Runtime.getRuntime().maxMemory() / 16));
        }

        /**
         * Sets the weakest launcher that may start programs; CONFINED by default. A weaker one is used only where no
         * stronger one works.
         */
        public Builder weakestLauncher(LauncherTier tier) {
            this.launcher = launcher.withWeakest(requireNonNull(tier, "tier"));
            return this;
        }

        /**
         * Sets as which user and group of the operating system programs run, where the kernel itself runs as root;
         * otherwise they run as the kernel's user. By default it is nobody, 65534: a user who may read little and write
         * nothing, unless the permissions of the mounted directories let everybody.
         */
        public Builder programUser(int uid, int gid) {
            this.launcher = launcher.withUser(uid, gid);
            return this;
        }

        /** Sets how long a program has to end by itself when it is killed, before it is ended; 3 seconds by default. */
        public Builder programGrace(Duration time) {
            this.launcher = launcher.withGrace(requireNonNull(time, "time"));
            return this;
        }

        /** Sets how long the status and the output of an ended program can be had; 10 minutes by default. */
        Builder programRetention(Duration time) {
            this.launcher = launcher.withRetention(time);
            return this;
        }

        /** Sets where the programs are that start others. */
        Builder launcherTools(Path bubblewrap, Path unshare) {
            this.launcher = launcher.withTools(bubblewrap, unshare);
            return this;
        }

        /**
         * Starts the kernel. Later changes of this builder do not affect it.
         *
         * @throws SyscallException UNAVAILABLE if the state directory cannot be used
         */
        public LocalKernel build() {
            return new LocalKernel(copy());
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.stateDirectory = stateDirectory;
            copy.ceiling = ceiling;
            copy.mounts.addAll(mounts);
            copy.limits = limits;
            copy.maxProcesses = maxProcesses;
            copy.interceptors.addAll(interceptors);
            copy.accepted.addAll(accepted);
            copy.clock = clock;
            copy.launcher = launcher;
            copy.maxTasks = maxTasks;
            copy.maxTaskBytes = maxTaskBytes;
            copy.taskRetention = taskRetention;
            copy.taskGrace = taskGrace;
            return copy;
        }
    }
}
