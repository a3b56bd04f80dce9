package dev.syscallkernel.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskOptions;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Leaks one of each kind: a check that sees nothing is worse than none. */
@Timeout(120)
class ResidueTest {
    @TempDir
    Path directory;

    private Belongings before;

    @BeforeEach
    void look() throws Exception {
        before = Belongings.of(directory);
    }

    private Residue left() throws Exception {
        return before.left(directory, 0, 0, 0, Duration.ZERO);
    }

    @Test
    void nothingIsLeftOfNothing() throws Exception {
        assertThat(left().isClean()).as(left().describe()).isTrue();
    }

    @Test
    void threadsOfEveryPartAreSeen() throws Exception {
        try (LocalKernel kernel = LocalKernel.builder().build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start();
                RemoteKernel remote = RemoteKernel.connect(server.address())) {
            KernelProcess process = remote.createProcess(
                    ProcessSpec.named("leak").grant(Capability.TIME_ACCESS).build());
            process.submit(new Sleep(Duration.ofHours(1)), TaskOptions.DEFAULT);
            Residue residue = left();
            assertThat(residue.isClean()).isFalse();
            assertThat(residue.threads())
                    .anyMatch(name -> name.startsWith("syscallkernel-"))
                    .anyMatch(name -> name.startsWith("kernel-server-"))
                    .anyMatch(name -> name.startsWith("kernel-client-"));
        }
        assertThat(before.left(directory, 0, 0, 0, Belongings.PATIENCE).threads())
                .isEmpty();
    }

    @Test
    void descriptorsAreSeen() throws Exception {
        FileChannel leak = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.READ);
        assertThat(left().descriptors()).isEqualTo(1);
        leak.close();
    }

    @Test
    void hiddenFilesAndDirectoriesAreSeen() throws Exception {
        Files.createDirectories(directory.resolve("files/empty"));
        Files.createFile(directory.resolve("files/.sk-upload"));
        assertThat(left().files())
                .hasSize(3)
                .anyMatch(name -> name.endsWith("/empty"))
                .anyMatch(name -> name.endsWith("/.sk-upload"));
    }

    @Test
    void programsAreSeen() throws Exception {
        Process leak = new ProcessBuilder("sleep", "3600").start();
        Residue residue = left();
        leak.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        assertThat(residue.programs()).hasSize(1).first().asString().contains("sleep");
    }

    @Test
    void threadsByTheirNamesAreSeen() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Thread leak = new Thread(
                () -> {
                    try {
                        end.await(1, TimeUnit.MINUTES);
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                },
                "syscallkernel-open");
        leak.start();
        Residue residue = left();
        end.countDown();
        leak.join(10_000);
        assertThat(residue.threads()).containsExactly("syscallkernel-open");
        assertThat(residue.describe()).contains("syscallkernel-open");
    }

    @Test
    void whatTheKernelSaysItHasCounts() throws Exception {
        assertThat(before.left(directory, 1, 0, 0, Duration.ZERO).isClean()).isFalse();
        assertThat(before.left(directory, 0, 1, 0, Duration.ZERO).isClean()).isFalse();
        assertThat(before.left(directory, 0, 0, 1, Duration.ZERO).isClean()).isFalse();
    }
}
