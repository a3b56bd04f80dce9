package dev.syscallkernel.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A file system of 4 MiB in memory. Only root can mount one: for anybody else, the test is skipped, and says so. */
public final class SmallDisk implements AutoCloseable {
    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** Mounts one at a directory, which is made. */
    public static SmallDisk at(Path directory) throws IOException, InterruptedException {
        return mount(directory, "size=4m");
    }

    /** Mounts one that holds no more than so many files and directories, itself included. */
    public static SmallDisk withInodes(Path directory, int count) throws IOException, InterruptedException {
        return mount(directory, "size=4m,nr_inodes=" + count);
    }

    private static SmallDisk mount(Path directory, String options) throws IOException, InterruptedException {
        Files.createDirectory(directory);
        String refusal = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString());
        Assumptions.assumeTrue(
                refusal == null, () -> "skipped: a small file system cannot be mounted here: " + refusal);
        return new SmallDisk(directory);
    }

    /** Answers what it complains of; null if all went well. */
    private static @Nullable String run(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return missing.getMessage();
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return "no answer";
        }
        return process.exitValue() == 0 ? null : output.strip();
    }

    /** Takes it away from its directory at once, and from those who still have it open when they close it. */
    @Override
    public void close() throws IOException, InterruptedException {
        String refusal = run("umount", "-l", directory.toString());
        if (refusal != null) {
            throw new IOException(refusal);
        }
    }
}
