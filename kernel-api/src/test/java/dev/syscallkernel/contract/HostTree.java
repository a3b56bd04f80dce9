package dev.syscallkernel.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A directory of the host as the test prepares and inspects it, behind the kernel's back.
 *
 * @param root the directory
 */
record HostTree(Path root) {

    static HostTree at(Path root) {
        try {
            return new HostTree(Files.createDirectories(root));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Perl does what neither Java nor a shell can; where it must not be missing, its absence is a failure. */
    static void requirePerl() {
        boolean present = Stream.of("/usr/bin/perl", "/usr/local/bin/perl", "/bin/perl")
                .anyMatch(path -> Files.isExecutable(Path.of(path)));
        if (System.getenv("CI") != null) {
            Assertions.assertThat(present).as("Perl is installed").isTrue();
        }
        Assumptions.assumeTrue(present, "skipped: this test needs Perl, and it is not installed");
    }

    Path path(String relative) {
        return root.resolve(relative);
    }

    /** Makes a directory and those above it. */
    HostTree directory(String relative) {
        return run(() -> Files.createDirectories(path(relative)));
    }

    /** Makes a file and the directories above it. */
    HostTree file(String relative, String content) {
        return run(() -> {
            Files.createDirectories(path(relative).getParent());
            Files.writeString(path(relative), content);
        });
    }

    /** Makes a symbolic link and the directories above it. */
    HostTree link(String relative, String text) {
        return run(() -> {
            Files.createDirectories(path(relative).getParent());
            Files.createSymbolicLink(path(relative), Path.of(text));
        });
    }

    HostTree fifo(String relative) {
        return shell("mkfifo \"$1\"", relative);
    }

    /** Runs a shell command in the directory. */
    HostTree shell(String command, String... arguments) {
        return run(() -> {
            String[] line = Stream.concat(Stream.of("sh", "-c", command, "sh"), Stream.of(arguments))
                    .toArray(String[]::new);
            Process process = new ProcessBuilder(line)
                    .directory(root.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            Assertions.assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            Assertions.assertThat(process.exitValue()).as(output).isZero();
        });
    }

    String read(String relative) {
        try {
            return Files.readString(path(relative));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    boolean has(String relative) {
        return Files.exists(path(relative), LinkOption.NOFOLLOW_LINKS);
    }

    boolean isLink(String relative) {
        return Files.isSymbolicLink(path(relative));
    }

    /** All that is in the directory, hidden names too: what each path is and, for a file, what it holds. */
    Map<String, String> snapshot() {
        try (Stream<Path> paths = Files.walk(root)) {
            Map<String, String> found = new TreeMap<>();
            for (Path path : (Iterable<Path>) paths::iterator) {
                found.put(root.relativize(path).toString(), describe(path));
            }
            return found;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String describe(Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            return "link to " + Files.readSymbolicLink(path);
        }
        if (Files.isDirectory(path)) {
            return "directory";
        }
        return Files.isRegularFile(path) ? "file with " + Files.readString(path) : "special file";
    }

    private interface Action {
        void run() throws IOException, InterruptedException;
    }

    private HostTree run(Action action) {
        try {
            action.run();
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }
}
