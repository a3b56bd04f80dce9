package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.bench.report.Figure;
import dev.syscallkernel.bench.report.Measurement;
import dev.syscallkernel.bench.report.Row;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.grpc.RemoteKernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** How long {@code kernel.jar serve} takes from the start of its JVM to its first answer, to a client that is warm. */
final class ServerStart implements Measurement {
    private static final String COMMAND_LINE = "dev.syscallkernel.grpc.cli.Main";
    private static final String LISTENING = "listening on ";

    @Override
    public String what() {
        return "server start";
    }

    @Override
    public List<Row> measure(boolean quick) throws Exception {
        Path directory = Workplace.create();
        try {
            start(directory); // warms the client up, and the host's caches
            double[] seconds = new double[quick ? 3 : 9];
            for (int i = 0; i < seconds.length; i++) {
                seconds[i] = start(directory);
            }
            Arrays.sort(seconds);
            return List.of(Row.of(
                            "start of a server to its first answer, median",
                            Map.of(),
                            new Figure(seconds[seconds.length / 2], "s"))
                    .atMost(1.5));
        } finally {
            Workplace.delete(directory);
        }
    }

    private static double start(Path directory) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Process server = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        COMMAND_LINE,
                        "serve",
                        "--listen",
                        "127.0.0.1:0",
                        "--root",
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = server.inputReader(StandardCharsets.UTF_8);
                SyscallKernel kernel = RemoteKernel.connect(address(output))) {
            KernelProcess process = kernel.createProcess(BatchState.process());
            process.execute(new FileExists("/nothing"));
            return (System.nanoTime() - begin) / 1e9;
        } finally {
            server.destroy();
            if (!server.waitFor(20, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
        }
    }

    private static String address(BufferedReader output) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(LISTENING)) {
                return line.substring(LISTENING.length());
            }
        }
        throw new IOException("the server has ended, or did not start");
    }
}
