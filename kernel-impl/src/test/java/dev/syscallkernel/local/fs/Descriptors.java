package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Looks at the open descriptors of this JVM. */
final class Descriptors {
    private Descriptors() {}

    /** How many of them stand for a directory or for something in it. */
    static long beneath(Path directory) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(descriptor -> leadsTo(descriptor, directory))
                    .count();
        }
    }

    private static boolean leadsTo(Path descriptor, Path directory) {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(directory);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }
}
