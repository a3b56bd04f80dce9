package dev.syscallkernel.bench.soak;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** The load: guests that do everything at random, half of them in-process and half of them over the network. */
final class Soak {
    private static final Duration REPORT_INTERVAL = Duration.ofSeconds(5);
    private static final Duration VANISHING_INTERVAL = Duration.ofSeconds(5);

    /** How long a guest may take for what it does when the time is over. */
    private static final Duration GRACE = Duration.ofMinutes(2);

    /** It warns of every stream that a client breaks off, which is what some of this load is about. */
    private static final Logger NOISE = Logger.getLogger("io.grpc.netty.NettyServerHandler");

    private final Duration duration;
    private final int guests;
    private final long seed;
    private final PrintStream out;
    private final List<Kind> kinds = List.of(
            new Kind("plain files", FileActivities::writeAndRead),
            new Kind("directories", FileActivities::directories),
            new Kind("mistakes", FileActivities::mistakes),
            new Kind("streams", StreamActivities::wholeStreams),
            new Kind("broken streams", StreamActivities::brokenStreams),
            new Kind("resumed uploads", StreamActivities::resumedUpload),
            new Kind("tasks", TaskActivities::tasks),
            new Kind("batches", TaskActivities::batches),
            new Kind("durable batches", TaskActivities::durableBatch),
            Kind.program("programs", ProgramActivities::exit),
            Kind.program("fed programs", ProgramActivities::input),
            Kind.program("killed programs", ProgramActivities::killed),
            new Kind("cancelled sleeps", ProcessActivities::cancelledSleep),
            new Kind("short lives", ProcessActivities::shortLife),
            new Kind("events", ProcessActivities::events));
    private final LongAdder vanished = new LongAdder();
    private volatile boolean programs;
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    Soak(Duration duration, int guests, long seed, PrintStream out) {
        this.duration = duration;
        this.guests = guests;
        this.seed = seed;
        this.out = out;
    }

    /** One kind of load, and how often it was done. */
    private record Kind(String name, boolean program, Activity activity, LongAdder count) {
        Kind(String name, Activity activity) {
            this(name, false, activity, new LongAdder());
        }

        static Kind program(String name, Activity activity) {
            return new Kind(name, true, activity, new LongAdder());
        }
    }

    /** What was wrong with the kernel's answers; empty if nothing. */
    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    /** Makes the load, and says what it has left behind. */
    Residue run(Path directory) throws IOException, InterruptedException {
        NOISE.setLevel(Level.SEVERE);
        // Programs of a kernel that runs as root have another user, who has to get to what they see.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        LostBuffers.watch();
        // Once before counting, so that what the JVM opens for good is not taken for a leak.
        load(directory, Duration.ZERO);
        kinds.forEach(kind -> kind.count().reset());
        long buffers = LostBuffers.count();
        Belongings before = Belongings.of(directory);
        Unended unended = load(directory, duration);
        long lost = LostBuffers.count() - buffers;
        return before.left(directory, unended.processes(), unended.tasks(), lost, Belongings.PATIENCE);
    }

    /** What has not ended when all guests have left and their processes were terminated. */
    private record Unended(int processes, int tasks) {}

    private Unended load(Path directory, Duration time) throws IOException, InterruptedException {
        Path files = Files.createDirectories(directory.resolve("files"));
        try (LocalKernel local = LocalKernel.builder()
                        .stateDirectory(directory.resolve("state"))
                        .ceiling(SandboxLevel.PRIVILEGED)
                        .build();
                KernelServer server = KernelServer.builder(local)
                        .listen("127.0.0.1:0")
                        .mountable(files)
                        .build()
                        .start();
                SyscallKernel remote = RemoteKernel.connect(server.address())) {
            programs = local.info().launcher().isPresent();
            if (!programs) {
                out.println("no programs: bubblewrap is not installed");
            }
            long end = System.nanoTime() + time.toNanos();
            ExecutorService threads = Executors.newFixedThreadPool(guests + 1);
            for (int i = 0; i < guests; i++) {
                Path own = Files.createDirectories(files.resolve("guest" + i));
                Guest guest = Guest.in(i % 2 == 0 ? local : remote, own, new Random(seed + i));
                threads.execute(() -> work(guest, end));
            }
            Path vanishing = Files.createDirectories(files.resolve("vanishing"));
            threads.execute(() -> vanish(local, server.address(), vanishing, end));
            threads.shutdown();
            awaitEnd(threads, end + GRACE.toNanos());
            return new Unended(local.processes().size(), unendedTasks(local));
        }
    }

    private void awaitEnd(ExecutorService threads, long deadline) throws InterruptedException {
        while (!threads.awaitTermination(REPORT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
            out.println(summary());
            if (System.nanoTime() > deadline) {
                Thread.getAllStackTraces().forEach((thread, stack) -> {
                    out.println(thread);
                    for (StackTraceElement frame : stack) {
                        out.println("    at " + frame);
                    }
                });
                failures.add(new AssertionError("somebody still works " + GRACE + " after the end"));
                threads.shutdownNow();
                return;
            }
        }
    }

    /** The end of a process reaches its tasks a moment later. */
    private static int unendedTasks(LocalKernel kernel) throws InterruptedException {
        TaskQuery query = TaskQuery.ALL.in(TaskState.PENDING, TaskState.RUNNING);
        int count = kernel.tasks().list(query).tasks().size();
        for (int i = 0; i < 100 && count > 0; i++) {
            Thread.sleep(100);
            count = kernel.tasks().list(query).tasks().size();
        }
        return count;
    }

    @SuppressWarnings("CatchingUnchecked")
    private void vanish(SyscallKernel local, String address, Path directory, long end) {
        try {
            do {
                VanishingClient.vanish(local, address, directory);
                vanished.increment();
                Thread.sleep(VANISHING_INTERVAL.toMillis());
            } while (System.nanoTime() < end && failures.isEmpty());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (Throwable failure) {
            failures.add(new AssertionError("vanishing clients: " + failure, failure));
        }
    }

    private void work(Guest guest, long end) {
        try {
            kinds.forEach(kind -> perform(guest, kind)); // each at least once
            while (System.nanoTime() < end && failures.isEmpty()) {
                perform(guest, kinds.get(guest.random().nextInt(kinds.size())));
            }
            guest.process().terminate();
        } catch (Throwable failure) {
            failures.add(new AssertionError(guest.directory().getFileName() + ": " + failure, failure));
        }
    }

    private void perform(Guest guest, Kind kind) {
        if (kind.program() && !programs) {
            return;
        }
        try {
            kind.activity().perform(guest);
            kind.count().increment();
        } catch (Throwable failure) { // whatever it is, an error of the JVM or a failed assertion
            failures.add(new AssertionError(
                    kind.name() + " of " + guest.directory().getFileName() + ": " + failure, failure));
        }
    }

    String summary() {
        return kinds.stream()
                        .map(kind -> kind.count().sum() + " " + kind.name())
                        .collect(Collectors.joining(", "))
                + ", " + vanished.sum() + " vanished clients";
    }
}
