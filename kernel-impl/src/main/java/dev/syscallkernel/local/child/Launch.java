package dev.syscallkernel.local.child;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.LauncherTier;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
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
import org.jspecify.annotations.Nullable;

/**
 * One start of a program: the processes that it consists of, and the files by which its launcher is told what to do and
 * tells what became of it.
 */
final class Launch {
    private static final System.Logger LOG = System.getLogger(Launch.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration EXEC_PATIENCE = Duration.ofSeconds(1);
    private static final long PAUSE_NANOS = 200_000;
    private static final Pattern EXIT_CODE = Pattern.compile("\"exit-code\": *(\\d+)");
    private static final int COMPLAINT = 1000;

    /** The stage of a start that was given up. */
    static final String LATE = "time";

    /** Opens the files of a launcher. */
    private static final String DESCRIPTORS = "exec 3>>\"$0\" 4<\"$1\" 5>&3; shift; exec \"$@\"";

    private static final Charset NATIVE = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    /** The program could not be run; what was started for it is gone. */
    static final class FailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final String stage;

        FailedException(String stage, String message) {
            super(message);
            this.stage = stage;
        }

        /** How far it came: {@code launcher}, {@code mounts} or {@code limits}; or that it took too long. */
        String stage() {
            return stage;
        }
    }

    private final Launcher launcher;
    private final Path status;
    private final Path options;
    private volatile Process process;
    private long init = -1;
    private long main = -1;
    private ProcFs.@Nullable Stat initStat;
    private ProcFs.@Nullable Stat mainStat; // from before the program ran: afterwards its id could be another's

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
        Launch launch;
        try {
            Plan.Launch line = launcher.launch(plan);
            write(status, "");
            write(options, line.options().isEmpty() ? "" : String.join("\0", line.options()) + "\0");
            List<String> full = new ArrayList<>(List.of("/bin/sh", "-c", DESCRIPTORS, status.toString()));
            full.add(options.toString());
            full.addAll(line.command());
            ProcessBuilder builder =
                    new ProcessBuilder(full).directory(line.directory().toFile());
            builder.environment().clear();
            builder.environment().putAll(line.environment());
            redirect(builder, command);
            launch = new Launch(launcher, status, options, starter.start(builder));
        } catch (IOException | RuntimeException | Error problem) {
            delete(status, options);
            throw problem;
        }
        launch.open(plan, wanted);
        return launch;
    }

    private static void redirect(ProcessBuilder builder, Command command) {
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
            ByteBuffer bytes = NATIVE.encode(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    /** Waits until all is in place, and lets the program run. */
    private void open(Plan plan, BooleanSupplier wanted) throws IOException {
        try {
            long begin = System.nanoTime();
            while (!isReady()) {
                requireAlive(plan);
                requirePatience(begin, wanted);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            requireMounts(plan);
            while (!endsWithKernel()) {
                requireAlive(plan);
                requirePatience(begin, wanted);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            String waiting = ProcFs.commandLine(main);
            go(plan);
            awaitExec(waiting);
        } catch (IOException | RuntimeException | Error problem) {
            abandon();
            throw problem;
        }
        delete(options);
    }

    private void go(Plan plan) throws IOException {
        try {
            OutputStream input = process.getOutputStream();
            input.write(Gate.GO.getBytes(ISO_8859_1));
            input.flush();
            if (!plan.input()) {
                input.close();
            }
        } catch (IOException gone) {
            throw failure(plan, "it ended before the program could run");
        }
    }

    /** Waits for a moment until the process is the program, which has another command line than any gate. */
    private void awaitExec(String waiting) {
        long begin = System.nanoTime();
        while (process.isAlive()
                && ProcFs.commandLine(main).equals(waiting)
                && System.nanoTime() - begin < EXEC_PATIENCE.toNanos()) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private boolean isReady() throws IOException {
        return report().contains(Gate.READY);
    }

    private List<String> report() throws IOException {
        return Files.readAllLines(status, ISO_8859_1);
    }

    private void requireMounts(Plan plan) throws IOException {
        if (launcher.tier() == LauncherTier.CONFINED && !Gate.hasMounts(report(), plan.bindings())) {
            throw failure(plan, "the directory of a mount was replaced while the program was started");
        }
    }

    private void requireAlive(Plan plan) throws IOException {
        if (!process.isAlive()) {
            throw failure(plan, "the launcher ended with " + process.exitValue());
        }
    }

    private void requirePatience(long begin, BooleanSupplier wanted) throws IOException {
        if (!wanted.getAsBoolean() || Thread.currentThread().isInterrupted()) {
            throw new IOException("the start is no longer wanted");
        }
        if (System.nanoTime() - begin > PATIENCE.toNanos()) {
            throw new FailedException(
                    LATE, "the launcher did not start the program within " + PATIENCE.toSeconds() + " s");
        }
    }

    /** What went wrong, with what the tools said about it. */
    private FailedException failure(Plan plan, String what) throws IOException {
        StringBuilder all = new StringBuilder(what);
        List<String> report = report();
        report.stream()
                .filter(line -> !line.matches("[{}(\\s].*|" + Gate.READY + "|"))
                .forEach(line -> all.append("; ").append(line));
        for (InputStream output : List.of(process.getErrorStream(), process.getInputStream())) {
            int count = Math.min(COMPLAINT, output.available());
            String complaint = new String(output.readNBytes(count), NATIVE).strip();
            all.append(complaint.isEmpty() ? "" : "; ").append(complaint);
        }
        boolean mounts = Gate.hasMounts(report, plan.bindings());
        boolean begun = report.stream().anyMatch(line -> line.startsWith("(dev=") || line.contains("stat: "));
        String stage =
                !mounts && begun ? "mounts" : report.stream().anyMatch(l -> l.contains("prlimit")) ? "limits" : "";
        return new FailedException(stage.isEmpty() ? "launcher" : stage, all.toString());
    }

    private boolean findMain() {
        init = launcher.hasInit() ? ProcFs.firstChild(process.pid()) : process.pid();
        main = launcher.hasInit() && init > 0 ? ProcFs.firstChild(init) : init;
        return main > 0;
    }

    /**
     * Whether the processes of the program end with the kernel from now on. The first process asks for the signal that
     * tells it of its parent's end soon after it has started the second, before it waits for that; that its parent was
     * still there afterwards makes sure that the signal was not missed.
     */
    private boolean endsWithKernel() {
        if (!findMain()) {
            return false;
        }
        mainStat = ProcFs.stat(main);
        if (!launcher.hasInit()) {
            return mainStat != null;
        }
        initStat = ProcFs.stat(init);
        return mainStat != null
                && initStat != null
                && initStat.state() == 'S'
                && ProcFs.firstChild(process.pid()) == init;
    }

    /**
     * Ends what was started, and waits until it is gone. What has not passed the gate ends by itself once that is closed:
     * to kill a launcher before its first process is known could leave that behind.
     */
    void abandon() {
        boolean interrupted = Thread.interrupted();
        try {
            process.getOutputStream().close();
        } catch (IOException broken) {
            // What waited at the gate has gone already.
        }
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean late = false;
        while ((process.isAlive() || isThere(init)) && !late) {
            late = System.nanoTime() > deadline;
            if (findMain() || late) {
                kill();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        delete(status, options);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isThere(long pid) {
        ProcFs.Stat stat = pid > 0 ? ProcFs.stat(pid) : null;
        return stat != null && !stat.isDead();
    }

    Process process() {
        return process;
    }

    Launcher launcher() {
        return launcher;
    }

    boolean isOver() {
        return !process.isAlive();
    }

    int exitValue() {
        return process.exitValue();
    }

    /** Gives up the process, which has ended: its pipes have buffers. */
    void forget() {
        process = new EndedProcess(process.pid(), process.exitValue());
    }

    /** The operating system's id of the program. */
    long osPid() {
        return main;
    }

    /** The first process of the sandbox, with which all others end; -1 if it has ended, or there is none. */
    long init() {
        return launcher.hasInit() ? init : -1;
    }

    /** The first process of the sandbox as it was when the program began, if there is one. */
    ProcFs.@Nullable Stat initStat() {
        return launcher.hasInit() ? initStat : null;
    }

    /** The main process as it was when the program began. */
    ProcFs.@Nullable Stat mainStat() {
        return mainStat;
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
        Process now = process;
        if (!now.isAlive()) {
            return; // its id may be another's
        }
        if (init() > 0) {
            ProcessHandle.of(init()).ifPresent(ProcessHandle::destroyForcibly);
        } else {
            // Not by the process itself, which would close its streams and lose what is in them.
            now.toHandle().destroyForcibly();
        }
    }

    /** Waits until nothing is left of what was killed, but not for ever. */
    void awaitEnd() {
        long begin = System.nanoTime();
        while ((process.isAlive() || isThere(init)) && System.nanoTime() - begin < PATIENCE.toNanos()) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        if (process.isAlive() || isThere(init)) {
            LOG.log(Level.WARNING, "A program that was killed is still there after {0}: {1}", PATIENCE, process.pid());
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
                LOG.log(Level.WARNING, "A file of a launcher could not be deleted", problem);
            }
        }
    }
}
