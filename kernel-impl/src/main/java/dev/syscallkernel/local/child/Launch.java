package dev.syscallkernel.local.child;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.LauncherTier;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One start of a program: the processes that it consists of, and the files by which its launcher is told what to do and
 * tells what became of it.
 */
final class Launch {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration EXEC_PATIENCE = Duration.ofSeconds(1);
    private static final long PAUSE_NANOS = 200_000;
    private static final Pattern EXIT_CODE = Pattern.compile("\"exit-code\": *(\\d+)");
    private static final Charset NATIVE = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** The launcher failed before the program could run. */
    static final class FailedException extends IOException {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message);
        }
    }

    private final Launcher launcher;
    private final Path status;
    private final Path options;
    private final Process process;
    private long init = -1;
    private long main = -1;

    private Launch(Launcher launcher, Path status, Path options, Process process) {
        this.launcher = launcher;
        this.status = status;
        this.options = options;
        this.process = process;
    }

    /**
     * Starts a program and waits until it runs.
     *
     * @param files where the two files are made; their names begin with the id
     * @param wanted asked from time to time while waiting
     * @throws FailedException if the launcher failed
     * @throws IOException if the host cannot start anything, or the start is no longer wanted
     */
    static Launch start(
            Starter starter,
            Launcher launcher,
            Plan plan,
            Command command,
            Path files,
            String id,
            BooleanSupplier wanted)
            throws IOException {
        Path status = files.resolve(id + ".status");
        Path options = files.resolve(id + ".options");
        Plan.Launch line = launcher.launch(plan);
        List<String> full = new ArrayList<>(line.command());
        if (!line.options().isEmpty()) {
            write(status, "");
            write(options, String.join("\0", line.options()) + "\0");
            full.addAll(
                    0,
                    List.of(
                            "/bin/sh",
                            "-c",
                            "exec 3>\"$0\" 4<\"$1\"; shift; exec \"$@\"",
                            status.toString(),
                            options.toString()));
        }
        ProcessBuilder builder =
                new ProcessBuilder(full).directory(line.directory().toFile());
        builder.environment().clear();
        builder.environment().putAll(line.environment());
        redirect(builder, command);
        Launch launch;
        try {
            launch = new Launch(launcher, status, options, starter.start(builder));
        } catch (IOException problem) {
            delete(status, options);
            throw problem;
        }
        launch.awaitMain(wanted);
        return launch;
    }

    private static void redirect(ProcessBuilder builder, Command command) {
        if (command.input() == Command.Input.EMPTY) {
            builder.redirectInput(Redirect.from(new File("/dev/null")));
        }
        if (command.output() == Command.Output.DISCARDED) {
            builder.redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD);
        }
        builder.redirectErrorStream(command.output() == Command.Output.MERGED);
    }

    /** Readable for nobody else: the options hold the program's environment. */
    private static void write(Path file, String content) throws IOException {
        try (var channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(NATIVE.encode(content));
        }
    }

    private void awaitMain(BooleanSupplier wanted) throws IOException {
        try {
            long begin = System.nanoTime();
            while (!findMain()) {
                if (!process.isAlive() && !findMain()) {
                    requireRan();
                    return;
                }
                requirePatience(begin, wanted);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            awaitExec(begin);
        } catch (IOException problem) {
            kill();
            delete(status, options);
            throw problem;
        }
        Files.deleteIfExists(options);
    }

    private void requirePatience(long begin, BooleanSupplier wanted) throws IOException {
        if (!wanted.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new IOException("the start is no longer wanted");
        }
        if (System.nanoTime() - begin > PATIENCE.toNanos()) {
            throw new FailedException("the launcher did not start the program within " + PATIENCE.toSeconds() + " s");
        }
    }

    private boolean findMain() {
        init = launcher.hasInit() ? ProcFs.firstChild(process.pid()) : process.pid();
        main = launcher.hasInit() && init > 0 ? ProcFs.firstChild(init) : init;
        return main > 0;
    }

    /** Waits until the first process is the program and no longer what starts it. */
    private void awaitExec(long begin) {
        while (process.isAlive() && !isProgram(main) && System.nanoTime() - begin < EXEC_PATIENCE.toNanos()) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static boolean isProgram(long pid) {
        try {
            String line = Files.readString(Path.of("/proc/" + pid + "/cmdline"), ISO_8859_1);
            String name = line.substring(0, Math.max(0, line.indexOf('\0')));
            return !line.contains("\0--core=0:0\0") && !name.isEmpty();
        } catch (IOException ended) {
            return false;
        }
    }

    /** Whether the program ran at all: bubblewrap ends with 1 for its own failures too. */
    private void requireRan() throws IOException {
        if (launcher.tier() == LauncherTier.CONFINED && exitCode().isEmpty()) {
            String complaint = new String(process.getErrorStream().readNBytes(1000), NATIVE);
            throw new FailedException(
                    complaint.isBlank() ? "the launcher ended with " + process.exitValue() : complaint.strip());
        }
    }

    Process process() {
        return process;
    }

    Launcher launcher() {
        return launcher;
    }

    /** The operating system's id of the program; that of its launcher if it ended at once. */
    long osPid() {
        return main > 0 ? main : process.pid();
    }

    /** The first process of the sandbox, with which all others end; -1 if it has ended, or there is none. */
    long init() {
        return launcher.hasInit() ? init : -1;
    }

    /** The exit code of the program, if its launcher told it. */
    OptionalInt exitCode() {
        try {
            Matcher matcher = EXIT_CODE.matcher(Files.readString(status, ISO_8859_1));
            return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
        } catch (IOException none) {
            return OptionalInt.empty();
        }
    }

    /** Ends all at once. */
    void kill() {
        if (init() > 0 && process.isAlive()) {
            ProcessHandle.of(init()).ifPresent(ProcessHandle::destroyForcibly);
        } else {
            // Not by the process itself, which would close its streams and lose what is in them.
            process.toHandle().destroyForcibly();
        }
    }

    void deleteFiles() {
        delete(status, options);
    }

    private static void delete(Path... files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException problem) {
                System.getLogger(Launch.class.getName())
                        .log(System.Logger.Level.WARNING, "A file of a launcher could not be deleted", problem);
            }
        }
    }
}
