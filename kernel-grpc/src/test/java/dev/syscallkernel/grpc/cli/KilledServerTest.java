package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that is killed again and again while clients send it atomic batches. */
@Tag("long")
@Timeout(600)
class KilledServerTest {
    private static final int KILLS = Boolean.getBoolean("syscallkernel.crash.full") ? 50 : 3;
    private static final int CLIENTS = 3;
    private static final int FILES = 8;

    @TempDir
    Path host;

    private final Random random = new Random(42);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicIntegerArray acknowledged = new AtomicIntegerArray(CLIENTS);
    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
        threads.shutdownNow();
    }

    private Path root() {
        return host.resolve("root");
    }

    private Process start() throws IOException {
        Process server = new ProcessBuilder(ChildJvm.command(
                        List.of(),
                        Main.class,
                        "serve",
                        "--listen",
                        "127.0.0.1:0",
                        "--root",
                        root().toString(),
                        "--state",
                        host.resolve("state").toString()))
                .redirectError(host.resolve("errors").toFile())
                .start();
        started.add(server);
        return server;
    }

    private static String address(Process server) throws IOException {
        BufferedReader lines = server.inputReader(UTF_8);
        String line = lines.readLine();
        assertThat(line).startsWith("listening on ");
        return line.substring("listening on ".length());
    }

    /** Writes one number after the other to all of a client's files, and moves a directory along; until it fails. */
    private void send(String address, int client) {
        try (SyscallKernel kernel = RemoteKernel.connect(address)) {
            KernelProcess process = kernel.createProcess(ProcessSpec.named("client")
                    .grant(SandboxLevel.STANDARD.capabilities())
                    .build());
            for (int number = numberOf(client) + 1; ; number++) {
                BatchResult result = batch(process, client, number).execute();
                assertThat(result.failureCount()).as("%s", result).isZero();
                acknowledged.set(client, number);
            }
        } catch (SyscallException killed) {
            assertThat(killed.code().retryable() || killed.getCause() != null)
                    .as("%s", killed)
                    .isTrue();
        }
    }

    private static ProcessBatch batch(KernelProcess process, int client, int number) {
        ProcessBatch batch = process.batch().atomic();
        String own = "/c" + client;
        batch.add(new MoveFile(own + "/d" + (number - 1), own + "/d" + number));
        for (int i = 0; i < FILES; i++) {
            batch.add(new WriteFile(own + "/f" + i, Integer.toString(number).getBytes(UTF_8)));
        }
        return batch.add(new WriteFile(
                own + "/d" + number + "/inside", Integer.toString(number).getBytes(UTF_8)));
    }

    private int numberOf(int client) {
        try {
            return Integer.parseInt(Files.readString(root().resolve("c" + client + "/f0")));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void everyAcknowledgedBatchIsWholeAfterTheServerWasKilled() throws Exception {
        for (int client = 0; client < CLIENTS; client++) {
            Path own = root().resolve("c" + client);
            Files.createDirectories(own.resolve("d0"));
            Files.writeString(own.resolve("d0/inside"), "0");
            for (int i = 0; i < FILES; i++) {
                Files.writeString(own.resolve("f" + i), "0");
            }
        }
        for (int kill = 0; kill < KILLS; kill++) {
            Process server = start();
            String address = address(server);
            for (int client = 0; client < CLIENTS; client++) {
                assertWhole(client);
            }
            List<Future<?>> clients = new ArrayList<>();
            int[] before = new int[CLIENTS];
            for (int client = 0; client < CLIENTS; client++) {
                int own = client;
                before[client] = acknowledged.get(client);
                clients.add(threads.submit(() -> send(address, own)));
            }
            awaitProgress(before, 5 + random.nextInt(30));
            server.destroyForcibly();
            assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
            for (Future<?> client : clients) {
                client.get(60, TimeUnit.SECONDS);
            }
        }
        Process last = start();
        assertThat(address(last)).isNotEmpty();
        for (int client = 0; client < CLIENTS; client++) {
            assertWhole(client);
        }
        assertThat(started).hasSize(KILLS + 1);
        System.out.printf("%d servers killed after %s batches of 3 clients: all whole%n", KILLS, acknowledged);
    }

    private void awaitProgress(int[] before, int batches) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (acknowledged.get(0) - before[0] < batches && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(acknowledged.get(0) - before[0]).isGreaterThanOrEqualTo(batches);
    }

    private void assertWhole(int client) throws IOException {
        int number = numberOf(client);
        assertThat(number).isGreaterThanOrEqualTo(acknowledged.get(client));
        Path own = root().resolve("c" + client);
        for (int i = 0; i < FILES; i++) {
            assertThat(own.resolve("f" + i)).hasContent(Integer.toString(number));
        }
        assertThat(own.resolve("d" + number + "/inside")).hasContent(Integer.toString(number));
        try (Stream<Path> names = Files.list(own)) {
            assertThat(names).hasSize(FILES + 1);
        }
        try (Stream<Path> names = Files.list(root())) {
            assertThat(names.map(path -> path.getFileName().toString()).filter(name -> name.startsWith(".sk-")))
                    .isEmpty();
        }
    }
}
