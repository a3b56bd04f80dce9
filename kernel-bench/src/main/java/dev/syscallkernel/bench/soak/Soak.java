package dev.syscallkernel.bench.soak;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
            new Kind("cancelled sleeps", ProcessActivities::cancelledSleep),
            new Kind("short lives", ProcessActivities::shortLife),
            new Kind("events", ProcessActivities::events));
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    Soak(Duration duration, int guests, long seed, PrintStream out) {
        this.duration = duration;
        this.guests = guests;
        this.seed = seed;
        this.out = out;
    }

    /** One kind of load, and how often it was done. */
    private record Kind(String name, Activity activity, LongAdder count) {
        Kind(String name, Activity activity) {
            this(name, activity, new LongAdder());
        }
    }

    /** What was wrong with the kernel's answers; empty if nothing. */
    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    /** Makes the load, and says what it has left behind. */
    Residue run(Path directory) throws IOException, InterruptedException {
        NOISE.setLevel(Level.SEVERE);
        LostBuffers.watch();
        Path files = Files.createDirectories(directory.resolve("files"));
        Path state = directory.resolve("state");
        // Once before counting, so that what the JVM opens for good is not taken for a leak.
        load(files, state, Duration.ZERO);
        kinds.forEach(kind -> kind.count().reset());
        long buffers = LostBuffers.count();
        long descriptors = Residue.openDescriptors();

        int processes = load(files, state, duration);

        List<Path> left = new ArrayList<>(Residue.filesIn(files));
        left.addAll(Residue.filesIn(state.resolve("uploads")));
        return new Residue(
                Residue.openDescriptors() - descriptors,
                threadsThatLiveOn(),
                processes,
                left,
                LostBuffers.count() - buffers);
    }

    /** Threads end a moment after they were told to. */
    private static List<String> threadsThatLiveOn() throws InterruptedException {
        for (int i = 0; i < 150 && !Residue.kernelThreads().isEmpty(); i++) {
            Thread.sleep(100);
        }
        return Residue.kernelThreads();
    }

    /** Returns how many processes lived on after all were ended. */
    private int load(Path files, Path state, Duration time) throws IOException, InterruptedException {
        try (LocalKernel local = LocalKernel.builder()
                        .stateDirectory(state)
                        .ceiling(SandboxLevel.PRIVILEGED)
                        .build();
                KernelServer server = KernelServer.builder(local)
                        .listen("127.0.0.1:0")
                        .mountable(files)
                        .build()
                        .start();
                SyscallKernel remote = RemoteKernel.connect(server.address())) {
            long end = System.nanoTime() + time.toNanos();
            ExecutorService threads = Executors.newFixedThreadPool(guests);
            for (int i = 0; i < guests; i++) {
                Path own = Files.createDirectories(files.resolve("guest" + i));
                Guest guest = Guest.in(i % 2 == 0 ? local : remote, own, new Random(seed + i));
                threads.execute(() -> work(guest, end));
            }
            threads.shutdown();
            while (!threads.awaitTermination(REPORT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                out.println(summary());
            }
            return local.processes().size();
        }
    }

    private void work(Guest guest, long end) {
        try {
            kinds.forEach(kind -> perform(guest, kind)); // each at least once
            while (System.nanoTime() < end && failures.isEmpty()) {
                perform(guest, kinds.get(guest.random().nextInt(kinds.size())));
            }
        } finally {
            guest.process().terminate();
        }
    }

    private void perform(Guest guest, Kind kind) {
        try {
            kind.activity().perform(guest);
            kind.count().increment();
        } catch (Exception | AssertionError failure) {
            failures.add(
                    new AssertionError(kind.name() + " of " + guest.directory().getFileName(), failure));
        }
    }

    String summary() {
        return kinds.stream()
                .map(kind -> kind.count().sum() + " " + kind.name())
                .collect(Collectors.joining(", "));
    }
}
