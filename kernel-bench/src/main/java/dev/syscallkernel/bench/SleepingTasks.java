package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.bench.report.Figure;
import dev.syscallkernel.bench.report.Measurement;
import dev.syscallkernel.bench.report.Row;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Many tasks that sleep: how late they wake, what threads and memory they take, in-process and over gRPC. */
final class SleepingTasks implements Measurement {
    private static final Sleep HOUR = new Sleep(Duration.ofHours(1));
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final int SUBMITTERS = 16;
    private static final long PATIENCE_SECONDS = 300;

    @Override
    public String what() {
        return "sleeping tasks";
    }

    @Override
    public List<Row> measure(boolean quick) throws Exception {
        List<Row> rows = new ArrayList<>();
        for (int count : quick ? new int[] {1_000, 3_000, 10_000} : new int[] {1_000, 10_000, 100_000}) {
            Map<String, String> size = Map.of("tasks", Integer.toString(count));
            rows.add(lateness(count, size));
            rows.addAll(memory(count, size));
            rows.add(threads(count, size));
            rows.add(remoteThreads(count, size));
        }
        return rows;
    }

    private static LocalKernel.Builder roomy(int count) {
        return LocalKernel.builder().limits(ResourceLimits.DEFAULT.withMaxTasks(2 * count));
    }

    private static KernelProcess process(SyscallKernel kernel) {
        return kernel.createProcess(
                ProcessSpec.named("sleepers").grant(Capability.TIME_ACCESS).build());
    }

    /** Of sleeps that end at different times; the interceptor is told on the thread that ends each. */
    private static Row lateness(int count, Map<String, String> size) throws InterruptedException {
        long[] due = new long[count];
        long[] late = new long[count];
        CountDownLatch awake = new CountDownLatch(count);
        SyscallInterceptor watch = new SyscallInterceptor() {
            @Override
            public void before(Pid pid, Syscall<?> call) {
                Duration duration = ((Sleep) call).duration();
                due[number(duration)] = System.nanoTime() + duration.toNanos();
            }

            @Override
            public void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
                int number = number(((Sleep) call).duration());
                late[number] = System.nanoTime() - due[number];
                awake.countDown();
            }
        };
        try (LocalKernel kernel = roomy(count).interceptor(watch).build()) {
            KernelProcess process = process(kernel);
            for (int i = 0; i < count; i++) {
                process.submit(new Sleep(FIRST.plusNanos(i)), TaskOptions.DEFAULT);
                if (i % 20 == 0) {
                    Thread.sleep(1); // 20,000 a second: that of a busy kernel, not of a benchmark
                }
            }
            if (!awake.await(FIRST.toSeconds() + PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(awake.getCount() + " tasks sleep on");
            }
        }
        Arrays.sort(late);
        return Row.of(
                        "a sleeping task wakes late, 99th percentile",
                        size,
                        new Figure(late[count / 100 * 99] / 1e6, "ms"))
                .atMost(10);
    }

    /** Which of the sleeps that differ by a nanosecond each. */
    private static int number(Duration duration) {
        return (int) duration.minus(FIRST).toNanos();
    }

    private static List<Row> memory(int count, Map<String, String> size) throws InterruptedException {
        try (LocalKernel kernel = roomy(count).build()) {
            KernelProcess process = process(kernel);
            process.submit(HOUR, TaskOptions.DEFAULT);
            long before = used();
            sleep(process, count);
            awaitAsleep(kernel);
            double bytes = used() - before;
            return List.of(
                    Row.of("memory of a sleeping task, its timer and all", size, new Figure(bytes / count, "bytes"))
                            .atMost(600),
                    Row.of("memory of all sleeping tasks", size, new Figure(bytes / (1 << 20), "MiB")));
        }
    }

    private static void sleep(KernelProcess process, int count) {
        for (int i = 0; i < count; i++) {
            process.submit(HOUR, TaskOptions.DEFAULT);
        }
    }

    private static void awaitAsleep(SyscallKernel kernel) throws InterruptedException {
        TaskQuery pending = TaskQuery.ALL.in(TaskState.PENDING).withPageSize(1);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!kernel.tasks().list(pending).tasks().isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("tasks wait for their turn, and should sleep");
            }
            Thread.sleep(10);
        }
    }

    private static long used() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(200);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static Row threads(int count, Map<String, String> size) throws InterruptedException {
        KernelThreadCount threads = new KernelThreadCount();
        try (LocalKernel kernel = roomy(count).build()) {
            sleep(process(kernel), count);
            awaitAsleep(kernel);
            return Row.of("threads of a kernel while tasks sleep", size, new Figure(threads.now(), "threads"))
                    .atMost(KernelThreadCount.MOST);
        }
    }

    private static Row remoteThreads(int count, Map<String, String> size) throws IOException, InterruptedException {
        KernelThreadCount threads = new KernelThreadCount();
        try (LocalKernel kernel = roomy(count).build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start();
                RemoteKernel remote = RemoteKernel.connect(server.address())) {
            submit(process(remote), count);
            awaitAsleep(kernel);
            return Row.of(
                    "threads of a kernel and its server while tasks sleep that came over gRPC",
                    size,
                    new Figure(threads.now(), "threads"));
        }
    }

    private static void submit(KernelProcess process, int count) throws InterruptedException {
        ExecutorService submitters = Executors.newFixedThreadPool(SUBMITTERS);
        AtomicInteger left = new AtomicInteger(count);
        for (int i = 0; i < SUBMITTERS; i++) {
            submitters.execute(() -> {
                while (left.getAndDecrement() > 0) {
                    process.submit(HOUR, TaskOptions.DEFAULT);
                }
            });
        }
        submitters.shutdown();
        if (!submitters.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            submitters.shutdownNow();
            throw new IllegalStateException("tasks are still being submitted");
        }
    }
}
