package dev.syscallkernel.local;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.security.SandboxRules;
import dev.syscallkernel.local.stream.Uploads;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
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
 * <p>File operations run on the caller's thread; waiting ones hold none. The kernel's own threads are daemons: one for
 * timers, as many workers as processors, and one for each callback of the application while it runs. Thread-safe.
 */
public final class LocalKernel implements SyscallKernel {
    private static final Duration UPLOAD_SWEEP = Duration.ofMinutes(10);

    private final Builder settings;
    private final StateDirectory state;
    private final KernelThreads threads;
    private final EventBus events;
    private final Timers timers;
    private final Uploads uploads;
    private final SandboxRules rules;
    private final ProcessTable processes;
    private final SyscallDispatcher dispatcher;
    private final Instant startedAt;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LocalKernel(Builder settings) {
        Path directory = settings.stateDirectory;
        this.settings = settings;
        this.state = directory == null ? StateDirectory.temporary() : StateDirectory.open(directory);
        this.threads = new KernelThreads();
        this.events = new EventBus(threads.callbacks());
        this.timers = new Timers(KernelThreads.named("timer"), threads.workers());
        this.uploads = new Uploads(state.uploads().orElse(null), settings.clock);
        timers.every(UPLOAD_SWEEP, uploads::sweep);
        this.rules = new SandboxRules(settings.ceiling);
        this.processes = new ProcessTable(settings.maxProcesses, settings.limits, settings.clock, events);
        this.startedAt = settings.clock.instant();
        long startedNanos = System.nanoTime();
        this.dispatcher = new SyscallDispatcher(
                SyscallHandlers.table(
                        new SystemHandlers(timers),
                        uploads,
                        settings.clock,
                        () -> Duration.ofNanos(System.nanoTime() - startedNanos)),
                settings.interceptors,
                events,
                timers,
                threads.callbacks(),
                settings.clock,
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
        return new LocalProcess(this, processes.create(spec, () -> FileTree.open(mounts(spec), state.scratch())));
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
    public KernelInfo info() {
        requireOpen("get_kernel_info");
        return new KernelInfo(
                KernelVersion.CURRENT, startedAt, settings.ceiling, settings.limits, settings.maxProcesses, features());
    }

    private Set<String> features() {
        return state.uploads().isPresent()
                ? Set.of("events", "streaming-read", "streaming-write", "resumable-upload")
                : Set.of("events", "streaming-read", "streaming-write");
    }

    @Override
    public Flow.Publisher<KernelEvent> events(Set<KernelEvent.Type> types) {
        requireOpen("stream_events");
        return events.publisher(types);
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
            uploads.keep();
            processes.close();
            events.close();
            timers.close();
            threads.close();
            state.close();
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
        private Clock clock = Clock.systemUTC();

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

        /** Sets the time of day that processes see and that events carry; the system's by default. */
        public Builder clock(Clock source) {
            this.clock = requireNonNull(source, "source");
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
            copy.clock = clock;
            return copy;
        }
    }
}
