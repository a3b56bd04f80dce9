package dev.syscallkernel.bench.soak;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A client in a JVM of its own, that is killed while its streams are open and its tasks run. */
final class VanishingClient {
    private static final int MEBIBYTE = 1 << 20;
    private static final long PATIENCE_SECONDS = 60;

    private VanishingClient() {}

    /** The client: opens everything, prints its pid and waits for its end. */
    public static void main(String[] args) throws Exception {
        SyscallKernel kernel = RemoteKernel.connect(args[0]);
        KernelProcess process =
                Guest.in(kernel, Path.of(args[1]), new Random(1)).process();
        process.execute(new WriteFile("/w/read", new byte[MEBIBYTE]));
        StreamingReader reader = process.read("/w/read");
        reader.next();
        StreamingWriter writer = process.write("/w/never");
        writer.write(ByteBuffer.allocate(MEBIBYTE));
        process.submit(new Sleep(Duration.ofHours(1)), TaskOptions.DEFAULT);
        System.out.println(process.pid().value());
        TimeUnit.SECONDS.sleep(PATIENCE_SECONDS); // the one who started it kills it
        throw new IllegalStateException("nobody ended " + reader + " and " + writer);
    }

    /** Lets one come and vanish. Its streams must end by themselves; its process and its task live until they are ended. */
    static void vanish(SyscallKernel kernel, String address, Path directory) throws IOException, InterruptedException {
        Process client = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VanishingClient.class.getName(),
                        address,
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        KernelProcess process;
        try (BufferedReader output = client.inputReader(StandardCharsets.UTF_8)) {
            String pid = output.readLine();
            Guest.require(pid != null, "the client that was to vanish did not get that far");
            process = kernel.process(new Pid(Integer.parseInt(pid)));
            Guest.require(openIn(directory) > 0, "its streams are not open");
        } finally {
            client.destroyForcibly().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (openIn(directory) > 0) {
            Guest.require(System.nanoTime() < deadline, "the client vanished, its streams did not");
            Thread.sleep(10);
        }
        process.terminate();
        Files.delete(directory.resolve("read"));
    }

    /** How many files in the directory this JVM has open, the kernel that is. */
    private static long openIn(Path directory) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(descriptor -> target(descriptor).startsWith(directory + "/"))
                    .count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closed) {
            return "";
        }
    }
}
