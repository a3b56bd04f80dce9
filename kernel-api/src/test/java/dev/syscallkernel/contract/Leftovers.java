package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Finds what is left of programs on the host, by a word that all of their command lines have. */
public final class Leftovers {
    private Leftovers() {}

    /** A number of seconds that nobody else sleeps for. */
    public static String uniqueSleep() {
        return "9" + Math.abs(UUID.randomUUID().getMostSignificantBits() % 1_000_000) + "."
                + Math.abs(UUID.randomUUID().getLeastSignificantBits() % 1_000_000);
    }

    /** The processes of the host whose command line has the word, except zombies, which have none. */
    public static List<Path> of(String word) {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process :
                    all.filter(p -> p.getFileName().toString().matches("\\d+")).toList()) {
                if (commandLine(process).contains(word)) {
                    found.add(process);
                }
            }
        } catch (IOException problem) {
            throw new AssertionError(problem);
        }
        return found;
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    /** Waits until this many processes have the word. */
    public static void await(String word, int count) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (of(word).size() < count) {
            assertThat(System.nanoTime())
                    .as("%s of %s processes", of(word), count)
                    .isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    public static void assertNone(String word) {
        assertThat(of(word)).as("processes that survived").isEmpty();
    }
}
