package dev.syscallkernel.bench.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What the load has left behind.
 *
 * @param descriptors how many more are open than before
 * @param threads the names of the kernel's threads that live on
 * @param processes how many logical processes live on
 * @param files what is left in the directories that should be empty
 * @param buffers how many network buffers were lost without being released
 */
record Residue(long descriptors, List<String> threads, int processes, List<Path> files, long buffers) {

    boolean isClean() {
        return descriptors <= 0 && threads.isEmpty() && processes == 0 && files.isEmpty() && buffers == 0;
    }

    String describe() {
        return "left behind: " + Math.max(0, descriptors) + " descriptors, " + threads.size() + " threads "
                + (threads.isEmpty() ? "" : threads + " ") + "and " + processes + " processes, " + files.size()
                + " files" + (files.isEmpty() ? "" : " " + files) + ", " + buffers + " network buffers";
    }

    static long openDescriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    /** The threads that belong to kernels, by name. */
    static List<String> kernelThreads() {
        TreeSet<String> names = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("kernel-")) {
                names.add(thread.getName());
            }
        }
        return List.copyOf(names);
    }

    /** All files beneath the directory. */
    static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
