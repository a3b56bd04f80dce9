package dev.syscallkernel.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link BenchServer} in a JVM of its own. */
final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final String kernelAddress;
    private final String plainAddress;

    private ServerProcess(Process process, String kernelAddress, String plainAddress) {
        this.process = process;
        this.kernelAddress = kernelAddress;
        this.plainAddress = plainAddress;
    }

    static ServerProcess start(Path directory, String... jvmOptions) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BenchServer.class.getName()));
        command.add(directory.toString());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String line =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (line == null) {
            throw new IOException("the server of the benchmark did not start");
        }
        String[] addresses = line.split(" ", 2);
        return new ServerProcess(process, addresses[0], addresses[1]);
    }

    String kernelAddress() {
        return kernelAddress;
    }

    String plainAddress() {
        return plainAddress;
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
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
