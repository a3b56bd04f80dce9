package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.bench.report.Figure;
import dev.syscallkernel.bench.report.Measurement;
import dev.syscallkernel.bench.report.Row;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What a task waits for those of another process, and how soon a running one stops. */
final class CompetingTasks implements Measurement {
    private static final int FLOOD = 10_000;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    @Override
    public String what() {
        return "competing tasks";
    }

    @Override
    public List<Row> measure(boolean quick) throws Exception {
        Path directory = Workplace.create();
        try (LocalKernel kernel = LocalKernel.builder()
                .limits(ResourceLimits.DEFAULT.withMaxTasks(FLOOD))
                .build()) {
            return List.of(flood(kernel, directory), cancellation(kernel, directory, quick ? 5 : 30));
        } finally {
            Workplace.delete(directory);
        }
    }

    private static Row flood(LocalKernel kernel, Path directory) throws IOException {
        Files.write(directory.resolve("small"), new byte[64 << 10]);
        KernelProcess flooding = mounted(kernel, directory);
        KernelProcess modest = mounted(kernel, directory);
        for (int i = 0; i < 20; i++) {
            waits(modest); // warms up, which would make the kernel without load look slow
        }
        double quiet = waits(modest);
        List<TaskHandle<?>> flood = new ArrayList<>();
        for (int i = 0; i < FLOOD; i++) {
            flood.add(flooding.submit(new CopyFile("/w/small", "/w/copy" + i % 8), Priority.CRITICAL));
        }
        double behind = waits(modest);
        flood.forEach(TaskHandle::cancel);
        return Row.of(
                        "a task beside 10,000 urgent ones of another process, median, beside a quiet kernel",
                        Map.of(),
                        new Figure(behind, "ms"))
                .atMost(10)
                .beside(new Figure(quiet, "ms"));
    }

    private static KernelProcess mounted(LocalKernel kernel, Path directory) {
        return kernel.createProcess(ProcessSpec.named("copier")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", directory, Access.READ_WRITE)
                .build());
    }

    /** From its submission to its end. */
    private static double waits(KernelProcess process) {
        long[] nanos = new long[200];
        for (int i = 0; i < nanos.length; i++) {
            long begin = System.nanoTime();
            process.submit(new FileExists("/w/small"), Priority.BACKGROUND).await(PATIENCE);
            nanos[i] = System.nanoTime() - begin;
        }
        Arrays.sort(nanos);
        return nanos[nanos.length / 2] / 1e6;
    }

    /** To the end of the task, the removal of what was copied included. */
    private static Row cancellation(LocalKernel kernel, Path directory, int times) throws Exception {
        try (FileChannel file =
                FileChannel.open(directory.resolve("large"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), (8L << 30) - 1); // sparse: it takes no space, but long
        }
        KernelProcess process = mounted(kernel, directory);
        long[] nanos = new long[times];
        for (int i = 0; i < times; i++) {
            TaskHandle<?> copy = process.submit(new CopyFile("/w/large", "/w/copy"), TaskOptions.DEFAULT);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (copy.status().bytesDone() < 8 << 20) {
                if (System.nanoTime() > deadline || copy.status().state().isEnded()) {
                    throw new IllegalStateException("it does not copy: " + copy.status());
                }
                Thread.sleep(1);
            }
            long begin = System.nanoTime();
            copy.cancel();
            try {
                copy.await(PATIENCE);
            } catch (SyscallException cancelled) {
                nanos[i] = System.nanoTime() - begin;
            }
            if (copy.status().state() != TaskState.CANCELLED) {
                throw new IllegalStateException("it was to be cancelled: " + copy.status());
            }
        }
        Arrays.sort(nanos);
        return Row.of(
                        "a running copy stops after its cancellation, median",
                        Map.of(),
                        new Figure(nanos[times / 2] / 1e6, "ms"))
                .atMost(50);
    }
}
