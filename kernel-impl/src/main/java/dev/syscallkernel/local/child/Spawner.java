package dev.syscallkernel.local.child;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** Checks commands and starts them. Thread-safe. */
final class Spawner implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Spawner.class.getName());

    /** What Linux takes as one argument, and a part of what it takes as all of them. */
    private static final int MAX_ARGUMENT_BYTES = (128 << 10) - 1;

    private static final int MAX_ALL_BYTES = 1 << 20;
    private static final int MAX_VARIABLES = 2000;

    /** Bubblewrap takes 9,000 arguments, its own included; and three for each variable. */
    private static final int MAX_COUNT = 8000;

    private static final int COUNT_OF_VARIABLE = 3;

    /** Variables that would change what a launcher does, and the limits that it sets. */
    private static final Pattern LOADER =
            Pattern.compile("LD_.*|GCONV_PATH|GLIBC_TUNABLES|LOCPATH|NLSPATH|MALLOC_.*|ENV|BASH_ENV|IFS|PS4|PPID");

    /** How many processes and threads a program can be at most, whatever its limits are: the host has to survive it. */
    private static final int MAX_PROCESSES = 1024;

    private final LauncherSettings settings;
    private final Path files;
    private final Starter starter;
    private final Launchers launchers;
    private final AtomicLong lastId = new AtomicLong();

    /** @param threads runs what may block */
    Spawner(LauncherSettings settings, Path files, Starter starter, Executor threads) {
        this.settings = settings;
        this.files = files;
        this.starter = starter;
        this.launchers = new Launchers(settings, starter, files, threads);
    }

    /** Begins to try out which launcher works. */
    void probe() {
        var unused = launchers.begin();
    }

    /** Empty also if the calling thread is interrupted before that is known. */
    Optional<LauncherTier> tier() {
        try {
            return launchers.best().map(Launcher::tier);
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "It could not be found out how programs can be started", problem);
            return Optional.empty();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private Optional<Launcher> launcher(SyscallContext context) {
        try {
            return launchers.best();
        } catch (IOException problem) {
            throw context.failure(
                    ErrorCode.UNAVAILABLE, "it could not be found out how programs can be started", problem);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw context.failure(ErrorCode.CANCELLED, "the calling thread was interrupted", interrupted);
        }
    }

    /** The sandbox of a program: at most that of its process. */
    static Sandbox sandbox(SyscallContext context, Command command) {
        Sandbox own = context.sandbox();
        Set<Capability> kept = command.capabilities().orElse(own.capabilities());
        kept.forEach(context::require);
        return new Sandbox(kept, own.allowedPaths(), own.blockedPaths(), own.explicitLimits());
    }

    /** A program that nothing speaks against. */
    record Prepared(Launcher launcher, Plan plan, Layout layout, Command command) {}

    /** Checks all that can be checked before anything is there. */
    Prepared prepare(SyscallContext context, LogicalProcess process, Command command, Sandbox sandbox) {
        Launcher launcher = launcher(context).orElseThrow(() -> noLauncher(context));
        requireAcceptable(context, command, launcher, sandbox);
        SyscallContext confined = new SyscallContext(
                context.syscall(),
                context.lazySubject(),
                sandbox,
                context.limits(),
                context.place(),
                context.cancellation(),
                context.progress());
        Layout layout = Layout.of(confined, process.files(), launcher.tier());
        return new Prepared(launcher, plan(context, process, command, layout, sandbox), layout, command);
    }

    /** Starts a program, and waits until it runs. */
    Launch start(SyscallContext context, Prepared prepared) {
        prepared.layout().handOver(settings);
        try {
            return Launch.start(
                    starter,
                    prepared.launcher(),
                    prepared.plan(),
                    prepared.command(),
                    files,
                    Long.toString(lastId.incrementAndGet()),
                    () -> context.cancellation().reason() == null);
        } catch (Launch.FailedException problem) {
            LOG.log(Level.WARNING, "A program could not be started: " + problem.getMessage());
            throw context.failure(
                    ErrorCode.IO_ERROR,
                    "the program could not be run (SPAWN_FAILED at the stage " + problem.stage()
                            + "); the kernel's log tells why. Most often"
                            + " the user of programs may not enter the directory of a mount",
                    problem);
        } catch (IOException problem) {
            context.throwIfCancelled();
            throw context.failure(
                    Thread.currentThread().isInterrupted() ? ErrorCode.CANCELLED : ErrorCode.UNAVAILABLE,
                    "the host cannot start the program now",
                    problem);
        }
    }

    private static Plan plan(
            SyscallContext context, LogicalProcess process, Command command, Layout layout, Sandbox sandbox) {
        Executables executables = new Executables(context, process.files(), layout);
        String directory = executables.directory(command.workingDirectory().orElse("."));
        Map<String, String> environment = new LinkedHashMap<>(command.environment());
        String path = environment.computeIfAbsent("PATH", key -> Executables.DEFAULT_PATH);
        List<String> arguments = new ArrayList<>();
        arguments.add(executables.program(command.program(), directory, path));
        arguments.addAll(command.arguments());
        return new Plan(
                arguments,
                environment,
                layout.place(directory),
                layout.bindings(),
                limits(command.limits(), context.limits()),
                Niceness.of(process.priority()),
                sandbox.capabilities().contains(Capability.NETWORK_ACCESS),
                command.input() == Command.Input.STREAM);
    }

    private static Plan.Limits limits(CommandLimits own, ResourceLimits process) {
        long cpuSeconds = lower(secondsRoundedUp(own.cpuTime()), secondsRoundedUp(process.maxCpuTime()));
        return new Plan.Limits(
                possible("Max address space", lower(own.memoryBytes(), process.maxMemoryBytes())),
                possible("Max cpu time", cpuSeconds == 0 ? 0 : cpuSeconds + 1) - (cpuSeconds == 0 ? 0 : 1),
                (int) possible("Max processes", lower(own.processes(), MAX_PROCESSES)),
                (int) possible("Max open files", lower(own.descriptors(), process.maxFileDescriptors())),
                possible("Max file size", own.fileSizeBytes()));
    }

    /** A limit that the host lets be set; zero is none. */
    private static long possible(String name, long wanted) {
        return Math.min(wanted, ProcFs.hardLimit(name));
    }

    /** The lower one of two limits, of which zero is none. */
    private static long lower(long one, long other) {
        return one == 0 || other == 0 ? one + other : Math.min(one, other);
    }

    private static long secondsRoundedUp(Duration time) {
        return time.getSeconds() + (time.getNano() > 0 ? 1 : 0);
    }

    private SyscallException noLauncher(SyscallContext context) {
        return context.failure(
                ErrorCode.UNSUPPORTED,
                "this kernel cannot start programs: bubblewrap, which confines them, is not installed or does not work on"
                        + " this host; install it (apt-get install bubblewrap), or let the operator of the kernel allow a"
                        + " launcher weaker than " + settings.weakest());
    }

    private static void requireAcceptable(SyscallContext context, Command command, Launcher launcher, Sandbox sandbox) {
        if (command.limits().treeMemoryBytes() > 0) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "this kernel manages no control group, which alone limits the memory of all processes of a program;"
                            + " use memoryBytes, which limits each of them");
        }
        requireAcceptable(context, command.environment());
        requireShort(context, command);
        int processes = command.limits().processes();
        if (launcher.tier() == LauncherTier.PLAIN && processes != 0 && processes != CommandLimits.DEFAULT.processes()) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "the launcher PLAIN cannot limit how many processes a program is: all of its user's would count");
        }
        if (launcher.tier() == LauncherTier.PLAIN && !sandbox.capabilities().contains(Capability.NETWORK_ACCESS)) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "the launcher PLAIN cannot deny the network, for which the process does not hold NETWORK_ACCESS");
        }
    }

    /** What Linux and bubblewrap take. */
    private static void requireShort(SyscallContext context, Command command) {
        int count = command.arguments().size()
                + COUNT_OF_VARIABLE * command.environment().size();
        if (count > MAX_COUNT) {
            throw context.failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "a program has at most " + MAX_COUNT + " arguments, of which every variable counts for "
                            + COUNT_OF_VARIABLE + ", and these are " + count
                            + "; pass more by its standard input or a file");
        }
        long all = command.program().length();
        for (String argument : command.arguments()) {
            int size = argument.getBytes(UTF_8).length;
            all += size + 1;
            if (size > MAX_ARGUMENT_BYTES) {
                all += MAX_ALL_BYTES;
            }
        }
        for (Map.Entry<String, String> variable : command.environment().entrySet()) {
            all += variable.getKey().getBytes(UTF_8).length
                    + variable.getValue().getBytes(UTF_8).length
                    + 2;
        }
        if (all > MAX_ALL_BYTES) {
            throw context.failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "an argument has at most " + MAX_ARGUMENT_BYTES + " bytes, and all together, with the environment, "
                            + MAX_ALL_BYTES + "; pass more by its standard input or a file");
        }
    }

    private static void requireAcceptable(SyscallContext context, Map<String, String> environment) {
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            if (environment.size() > MAX_VARIABLES
                    || variable.getValue().getBytes(UTF_8).length > MAX_ARGUMENT_BYTES / 2) {
                throw context.failure(
                        ErrorCode.INVALID_ARGUMENT,
                        "a program is given at most " + MAX_VARIABLES + " variables of " + MAX_ARGUMENT_BYTES / 2
                                + " bytes");
            }
            if (LOADER.matcher(variable.getKey()).matches()) {
                throw context.failure(
                        ErrorCode.PERMISSION_DENIED,
                        "a launcher cannot pass on the variable " + variable.getKey()
                                + ", which would change what it does itself; start the program by env, with the variable"
                                + " among its arguments");
            }
        }
    }

    @Override
    public void close() {
        launchers.close(); // first: what the starter has started ends with its thread, half made or not
        starter.close();
    }
}
