package dev.syscallkernel.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Where the benchmarks keep their files: in memory if there is room, for on a disk the disk is measured; else in the
 * directory for temporary files.
 */
public final class Workplace {
    private static final Path MEMORY = Path.of("/dev/shm");

    /** A GiB to read, one to write, and one that is not yet renamed. */
    private static final long ROOM = 3L << 30;

    private Workplace() {}

    /** Where the files are, for the report. */
    public static String describe() {
        Path place = place();
        return place.equals(MEMORY)
                ? "in memory (" + place + ")"
                : "on disk (" + place + ": " + MEMORY + " has no room of 3 GiB), which limits what is written";
    }

    /** A new directory, which whoever asks for it deletes. */
    static Path create() throws IOException {
        return Files.createTempDirectory(place(), "kernel-bench-");
    }

    /** Deletes a directory with all that is in it. */
    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static Path place() {
        try {
            if (Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= ROOM) {
                return MEMORY;
            }
        } catch (IOException unknown) {
            // then the other one
        }
        return Path.of(System.getProperty("java.io.tmpdir"));
    }
}
