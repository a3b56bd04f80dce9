package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Batches and the threads and places of their kernel. */
@Timeout(60)
class BatchesTest {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path host;

    @TempDir
    private Path state;

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private LocalKernel kernel;
    private KernelProcess process;

    /** Holds up the calls on one path until the test lets them go on. */
    private final class Gate implements SyscallInterceptor {
        @Override
        public void before(Pid pid, Syscall<?> call) {
            if (call.subject().equals("/w/gate")) {
                reached.countDown();
                try {
                    assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    @BeforeEach
    void start() {
        kernel = LocalKernel.builder()
                .stateDirectory(state)
                .interceptor(new Gate())
                .build();
        process = kernel.createProcess(ProcessSpec.named("batches")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    @AfterEach
    void stop() {
        goOn.countDown();
        kernel.close();
    }

    private static ErrorCode code(Throwable problem) {
        return ((SyscallException) problem).code();
    }

    @Test
    void anInterruptedCallerHarmsNobodyElse() {
        Thread.currentThread().interrupt();
        SyscallException failure = catchThrowableOfType(
                SyscallException.class,
                () -> process.batch().add(new CreateFile("/w/a")).durable().execute());
        assertThat(Thread.interrupted()).isTrue();
        assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
        BatchResult result =
                process.batch().add(new CreateFile("/w/b")).durable().execute();
        assertThat(result.successCount()).isEqualTo(1);
    }

    @Test
    void anAtomicBatchThatIsCancelledInTheMiddleHasNoEffect() throws Exception {
        TaskHandle<BatchResult> task = process.batch()
                .add(new CreateFile("/w/a"))
                .add(new CreateDirectory("/w/gate"))
                .add(new CreateFile("/w/b"))
                .atomic()
                .submit(TaskOptions.DEFAULT);
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(task.cancel()).isTrue();
        goOn.countDown();
        SyscallException failure =
                catchThrowableOfType(SyscallException.class, () -> task.await(Duration.ofSeconds(30)));
        assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
        assertThat(host).isEmptyDirectory();
    }

    @Test
    void aProcessHasOnlySoManyBatchesUnderWayAndAPlaceIsFreeWhenOneHasReallyEnded() throws Exception {
        List<CompletableFuture<BatchResult>> running = new ArrayList<>();
        running.add(process.batch()
                .add(new CreateFile("/w/a"))
                .add(new CreateFile("/w/gate"))
                .atomic()
                .executeAsync());
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        for (int i = 1; i < 64; i++) {
            running.add(process.batch().add(new Sleep(LONG)).executeAsync());
        }
        assertFull();
        assertThat(running.get(0).cancel(true)).isTrue();
        assertFull(); // for it is still at work
        goOn.countDown();
        running.get(1).cancel(true);
        for (int attempt = 0; ; attempt++) {
            CompletableFuture<BatchResult> more =
                    process.batch().add(new CreateFile("/w/later" + attempt)).executeAsync();
            Throwable problem = more.handle((result, failure) -> failure).get(30, TimeUnit.SECONDS);
            if (problem == null) {
                break;
            }
            assertThat(code(problem)).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
        }
        assertThat(host.resolve("a")).doesNotExist();
    }

    private void assertFull() throws Exception {
        Throwable problem = process.batch()
                .add(new CreateFile("/w/more"))
                .executeAsync()
                .handle((result, failure) -> failure)
                .get(30, TimeUnit.SECONDS);
        assertThat(problem).isInstanceOf(SyscallException.class).hasMessageContaining("64 batches under way");
        assertThat(code(problem)).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
    }

    @Test
    void aClosingKernelWaitsForWhatAnAtomicBatchIsDoing() throws Exception {
        CompletableFuture<BatchResult> running = process.batch()
                .add(new CreateFile("/w/a"))
                .add(new CreateFile("/w/gate"))
                .atomic()
                .executeAsync();
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(kernel::close);
        goOn.countDown();
        closing.get(40, TimeUnit.SECONDS);
        Throwable problem = running.handle((result, failure) -> failure).get(30, TimeUnit.SECONDS);
        boolean all = problem == null && running.join().successCount() == 2;
        assertThat(host.resolve("a").toFile().exists()).isEqualTo(all);
        try (LocalKernel next = LocalKernel.builder().stateDirectory(state).build()) {
            assertThat(next.recoveredBatches()).isEmpty();
        }
    }
}
