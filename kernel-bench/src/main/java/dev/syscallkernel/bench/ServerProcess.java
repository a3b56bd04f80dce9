package dev.syscallkernel.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A {@link BenchServer} in a JVM of its own. */
final class ServerProcess implements AutoCloseable {
    private static final AtomicReference<@Nullable ServerProcess> LATEST = new AtomicReference<>();

    private final Process process;
    private final OutputStream questions;
    private final BufferedReader answers;
    private final String kernelAddress;
    private final String plainAddress;
    private long finallyAllocated = -1; // until it is closed

    private ServerProcess(Process process) throws IOException {
        this.process = process;
        this.questions = process.getOutputStream();
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        String[] addresses = answer().split(" ", 2);
        this.kernelAddress = addresses[0];
        this.plainAddress = addresses[1];
    }

    static ServerProcess start(Path directory, String... jvmOptions) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BenchServer.class.getName()));
        command.add(directory.toString());
        ServerProcess server = new ServerProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
        LATEST.set(server);
        return server;
    }

    /** The one that this JVM has started last, for those whom JMH tells nothing; null if there is none. */
    static @Nullable ServerProcess latest() {
        return LATEST.get();
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the server of the benchmark has ended, or did not start");
        }
        return line;
    }

    String kernelAddress() {
        return kernelAddress;
    }

    String plainAddress() {
        return plainAddress;
    }

    /** How many bytes it has allocated on its heap, so far or in all its life. */
    long allocatedBytes() throws IOException {
        if (finallyAllocated >= 0) {
            return finallyAllocated;
        }
        questions.write('\n');
        questions.flush();
        return Long.parseLong(answer());
    }

    @Override
    public void close() throws IOException {
        finallyAllocated = allocatedBytes(); // JMH asks for the last iteration when all is over
        questions.close();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
