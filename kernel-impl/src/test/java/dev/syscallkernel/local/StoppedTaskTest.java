package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.SpawnProcess;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of the work of tasks that are seen to be cancelled. */
@Timeout(60)
class StoppedTaskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path host;

    private LocalKernel kernel;
    private KernelProcess process;

    @BeforeEach
    void start() throws IOException {
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxrwxrwx")); // for the user of programs
        kernel = LocalKernel.builder()
                .ceiling(SandboxLevel.PRIVILEGED)
                .maxTaskBytes(512 << 20)
                .limits(ResourceLimits.DEFAULT.withMaxInlineBytes(256 << 20))
                .build();
        process = kernel.createProcess(ProcessSpec.named("p")
                .level(SandboxLevel.PRIVILEGED)
                .grant(SandboxLevel.PRIVILEGED.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    @AfterEach
    void stop() {
        kernel.close();
    }

    private static ErrorCode failure(TaskHandle<?> task) {
        return catchThrowableOfType(SyscallException.class, () -> task.await(PATIENCE))
                .code();
    }

    /** A write that was faster than its cancellation is tried again. */
    @Test
    void aCancelledWriteStopsInTheMiddleAndItsTargetIsAsBefore() throws IOException {
        int size = 64 << 20;
        WriteFile write = new WriteFile("/w/f", new byte[size]);
        TaskStatus end;
        do {
            Files.writeString(host.resolve("f"), "before");
            TaskHandle<?> task = process.submit(write, TaskOptions.DEFAULT);
            while (task.status().bytesDone() == 0) {
                Thread.onSpinWait();
            }
            if (task.cancel()) {
                assertThat(failure(task)).isEqualTo(ErrorCode.CANCELLED);
            }
            end = task.status();
        } while (end.state() == TaskState.COMPLETED);
        assertThat(end.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(end.bytesDone()).isBetween(1L, size - 1L);
        assertThat(end.bytesTotal()).hasValue(size);
        assertThat(host.resolve("f")).hasContent("before");
        try (Stream<Path> files = Files.list(host)) {
            assertThat(files).containsExactly(host.resolve("f"));
        }
    }

    /** The cancellations come at different times of the start of a program. */
    @Test
    void nothingLivesOfAProgramWhoseStartIsSeenToBeCancelled() throws IOException {
        Bubblewrap.require();
        process.await(process.spawn(Command.of("/bin/true").build()).pid()); // now it is known how to start one
        int stopped = 0;
        for (int i = 0; i < 30 || stopped == 0; i++) {
            String mark = "77" + System.nanoTime() % 1_000_000_000L;
            SpawnProcess spawn = new SpawnProcess(Command.of("/bin/sh", "-c", "sleep " + mark + " & sleep " + mark)
                    .build());
            TaskHandle<SpawnedProcess> task = process.submit(spawn, TaskOptions.DEFAULT);
            while (task.status().state() == TaskState.PENDING) {
                Thread.onSpinWait();
            }
            LockSupport.parkNanos(i % 30 * 1_000_000L);
            boolean begun = !alive(mark).isEmpty();
            task.cancel();
            while (!task.status().state().isEnded()) {
                Thread.onSpinWait();
            }
            if (task.status().state() == TaskState.CANCELLED) {
                assertThat(alive(mark)).as("cancelled after %d ms", i % 30).isEmpty();
                assertThat(failure(task)).isEqualTo(ErrorCode.CANCELLED);
                stopped += begun ? 1 : 0;
            } else {
                process.execute(new KillProcess(task.await(PATIENCE).pid()));
                assertThat(alive(mark)).isEmpty();
            }
        }
        assertThat(kernel.processes()).extracting(ProcessInfo::pid).containsExactly(process.pid());
    }

    /** The processes of the host with this text among their arguments; those that are dead have none. */
    private static List<String> alive(String mark) throws IOException {
        List<String> alive = new ArrayList<>();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path directory : processes) {
                try {
                    String line = Files.readString(directory.resolve("cmdline"), StandardCharsets.ISO_8859_1);
                    if (line.contains(mark)) {
                        alive.add(directory.getFileName() + " " + line.replace('\0', ' '));
                    }
                } catch (IOException ended) {
                    // It is not alive.
                }
            }
        }
        return alive;
    }
}
