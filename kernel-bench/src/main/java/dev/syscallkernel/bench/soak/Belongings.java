package dev.syscallkernel.bench.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the kernels of this JVM have at a moment, outside of what they tell of themselves.
 *
 * @param descriptors how many are open
 * @param threads those that belong to kernels, their servers and clients
 * @param programs the operating system's processes that descend from this one
 * @param files everything beneath the directories of the load, and what kernels keep among the temporary files
 */
record Belongings(long descriptors, Set<Thread> threads, Set<ProcessHandle> programs, Set<String> files) {
    /** How long threads and programs may take to end that were told to. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    static Belongings of(Path directory) throws IOException {
        return new Belongings(descriptorsOpen(), kernelThreads(), programsAlive(), filesIn(directory));
    }

    /**
     * What there is now and was not then.
     *
     * @param patience how long to wait for what is about to end, which threads and programs do late
     */
    Residue left(Path directory, int processes, int tasks, long buffers, Duration patience)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        Belongings now = Belongings.of(directory);
        while (System.nanoTime() < deadline && !now.endedSince(this)) {
            Thread.sleep(100);
            now = Belongings.of(directory);
        }
        return new Residue(
                Math.max(0, now.descriptors - descriptors),
                now.threads.stream()
                        .filter(thread -> !threads.contains(thread))
                        .map(Thread::getName)
                        .sorted()
                        .toList(),
                processes,
                tasks,
                now.programs.stream()
                        .filter(program -> !programs.contains(program))
                        .map(program ->
                                program.pid() + " " + program.info().command().orElse(""))
                        .toList(),
                now.files.stream().filter(file -> !files.contains(file)).toList(),
                buffers);
    }

    private boolean endedSince(Belongings before) {
        return before.threads.containsAll(threads)
                && before.programs.containsAll(programs)
                && descriptors <= before.descriptors;
    }

    private static long descriptorsOpen() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static Set<Thread> kernelThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> isKernels(thread.getName()))
                .collect(Collectors.toSet());
    }

    /** The threads of the kernel itself have one prefix, those of servers and clients another. */
    private static boolean isKernels(String name) {
        return name.startsWith("syscallkernel-") || name.startsWith("kernel-");
    }

    private static Set<ProcessHandle> programsAlive() {
        return ProcessHandle.current()
                .descendants()
                .filter(ProcessHandle::isAlive)
                .collect(Collectors.toSet());
    }

    private static Set<String> filesIn(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                all.forEach(files::add);
            }
        }
        try (Stream<Path> temporary = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            temporary
                    .filter(file -> file.getFileName().toString().startsWith(".sk-"))
                    .forEach(files::add);
        }
        return files.stream().map(Path::toString).collect(Collectors.toCollection(TreeSet::new));
    }
}
