package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall.GetUptime;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many trivial tasks are submitted and completed in a second, ten thousand at a time. Baseline: a pool of as many
 * threads, which queues without order, limits and status.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgs = "-Xmx1g")
public class TaskRateBenchmark {
    private static final int TASKS = 10_000;

    private LocalKernel kernel;
    private KernelProcess process;
    private ExecutorService pool;
    private volatile CountDownLatch completed = new CountDownLatch(0);

    @Setup(Level.Trial)
    public void setUp() {
        kernel = LocalKernel.builder()
                .limits(ResourceLimits.DEFAULT.withMaxTasks(2 * TASKS))
                .taskRetention(Duration.ofSeconds(1))
                .interceptor(new Counter())
                .build();
        process = kernel.createProcess(
                ProcessSpec.named("bench").grant(Capability.TIME_ACCESS).build());
        pool = Executors.newFixedThreadPool(Math.max(4, Runtime.getRuntime().availableProcessors()));
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        kernel.close();
        pool.shutdown();
    }

    /** Counts the tasks as they end, which costs both sides the same. */
    private final class Counter implements SyscallInterceptor {
        @Override
        public void before(Pid pid, Syscall<?> call) {}

        @Override
        public void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
            completed.countDown();
        }
    }

    @Benchmark
    @OperationsPerInvocation(TASKS)
    public void baselineThreadPool() throws Exception {
        completed = new CountDownLatch(TASKS);
        Callable<Duration> call = () -> {
            Duration answer = Duration.ofNanos(System.nanoTime());
            completed.countDown();
            return answer;
        };
        Future<Duration> last = pool.submit(call);
        for (int i = 1; i < TASKS; i++) {
            last = pool.submit(call);
        }
        completed.await();
        last.get();
    }

    @Benchmark
    @OperationsPerInvocation(TASKS)
    @Compared(what = "trivial tasks, submitted and completed in-process", to = "baselineThreadPool", least = 300_000)
    public void submit() throws Exception {
        completed = new CountDownLatch(TASKS);
        GetUptime call = new GetUptime();
        TaskHandle<Duration> last = process.submit(call, TaskOptions.DEFAULT);
        for (int i = 1; i < TASKS; i++) {
            last = process.submit(call, TaskOptions.DEFAULT);
        }
        completed.await();
        last.await(Duration.ofMinutes(1));
    }
}
