package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tasks that sleep for an hour hold no thread, however many they are. In full size with
 * {@code -Dsyscallkernel.sleepers=100000}.
 */
@Timeout(600)
class ManySleepersTest {
    private static final int COUNT = Integer.getInteger("syscallkernel.sleepers", 5_000);
    private static final int SUBMITTERS = 8;
    private static final Sleep HOUR = new Sleep(Duration.ofHours(1));

    @Test
    void theServerHasNoMoreThreadsThanBefore() throws Exception {
        try (LocalKernel kernel = LocalKernel.builder()
                        .limits(ResourceLimits.DEFAULT.withMaxTasks(2 * COUNT))
                        .build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start();
                RemoteKernel remote = RemoteKernel.connect(server.address())) {
            KernelProcess process = remote.createProcess(
                    ProcessSpec.named("sleepers").grant(Capability.TIME_ACCESS).build());
            submit(process, 1000); // by then, all pools have as many threads as they will have
            int before = Thread.activeCount();
            submit(process, COUNT);
            int after = Thread.activeCount();

            assertThat(after).isLessThanOrEqualTo(before + 2);
            TaskQuery pending = TaskQuery.ALL.in(TaskState.PENDING).withPageSize(1);
            long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            while (!kernel.tasks().list(pending).tasks().isEmpty()) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
            assertThat(Thread.activeCount()).isLessThanOrEqualTo(before + 2);
        }
    }

    private static void submit(KernelProcess process, int count) throws Exception {
        ExecutorService submitters = Executors.newFixedThreadPool(SUBMITTERS);
        AtomicInteger left = new AtomicInteger(count);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < SUBMITTERS; i++) {
            all.add(submitters.submit(() -> {
                while (left.getAndDecrement() > 0) {
                    process.submit(HOUR, TaskOptions.DEFAULT);
                }
            }));
        }
        for (Future<?> one : all) {
            one.get(9, TimeUnit.MINUTES);
        }
        submitters.shutdown();
        assertThat(submitters.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }
}
