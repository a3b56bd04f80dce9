package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.system.SystemInfo;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.GetEnvVar;
import dev.syscallkernel.system.SystemSyscall.GetSystemInfo;
import dev.syscallkernel.system.SystemSyscall.GetUptime;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Time, the environment, and waiting without a thread. */
@Timeout(60)
public abstract class SystemContract extends KernelContract {
    private static final Duration LONG = Duration.ofHours(1);

    private KernelProcess process;

    @BeforeEach
    void createProcess() {
        process = kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    @Test
    void theTimeIsThatOfTheMachine() {
        Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Instant time = process.execute(new GetCurrentTime());
        assertThat(time).isBetween(before, Instant.now().plusSeconds(1));
    }

    @Test
    void theUptimeGrows() {
        Duration first = process.execute(new GetUptime());
        Duration second = process.execute(new GetUptime());
        assertThat(first).isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(second).isGreaterThanOrEqualTo(first);
    }

    @Test
    void systemInformationDescribesTheMachine() {
        SystemInfo info = process.execute(new GetSystemInfo());
        assertThat(info.operatingSystem()).isEqualTo(System.getProperty("os.name"));
        assertThat(info.architecture()).isEqualTo(System.getProperty("os.arch"));
        assertThat(info.processors()).isPositive();
        assertThat(info.totalMemoryBytes()).isPositive();
        assertThat(info.kernelVersion()).isEqualTo(kernel.info().version());
    }

    @Test
    void theEnvironmentBelongsToTheProcessAlone() {
        KernelProcess other = kernel.createProcess(ProcessSpec.named("other").build());
        process.execute(new SetEnvVar("KEY", "välue"));
        assertThat(process.execute(new GetEnvVar("KEY"))).isEqualTo("välue");
        process.execute(new SetEnvVar("KEY", ""));
        assertThat(process.execute(new GetEnvVar("KEY"))).isEmpty();
        SyscallException missing = assertFails(ErrorCode.NOT_FOUND, () -> other.execute(new GetEnvVar("KEY")));
        assertThat(missing).hasMessageContaining("KEY");
        assertFails(ErrorCode.NOT_FOUND, () -> process.execute(new GetEnvVar("PATH")));
    }

    @Test
    void theEnvironmentIsBounded() {
        String large = "x".repeat(60_000);
        process.execute(new SetEnvVar("A", large));
        process.execute(new SetEnvVar("B", large));
        assertFails(ErrorCode.RESOURCE_EXHAUSTED, () -> process.execute(new SetEnvVar("C", large)));
        process.execute(new SetEnvVar("A", ""));
        process.execute(new SetEnvVar("C", large));
    }

    @Test
    void sleepingTakesItsTime() {
        long before = System.nanoTime();
        process.execute(new Sleep(Duration.ofMillis(50)));
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(49));
        process.execute(new Sleep(Duration.ZERO));
    }

    @Test
    void aSleepLongerThanItsTimeLimitIsTimedOut() {
        SyscallException late =
                assertFails(ErrorCode.TIMED_OUT, () -> process.execute(new Sleep(LONG), Duration.ofMillis(30)));
        assertThat(late.syscall()).isEqualTo("sleep");
    }

    @Test
    void aCallWithinItsTimeLimitIsNotTouched() {
        process.execute(new Sleep(Duration.ofMillis(1)), LONG);
        assertThat(process.execute(new GetCurrentTime(), LONG)).isNotNull();
    }

    @Test
    void manySleepsWaitTogether() throws Exception {
        List<CompletableFuture<?>> sleeps = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            sleeps.add(process.executeAsync(new Sleep(Duration.ofMillis(200)), LONG));
        }
        // One after the other, they would take 100 seconds.
        CompletableFuture.allOf(sleeps.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }

    @Test
    void cancellingTheFutureCancelsTheCall() {
        process.updateSandbox(process.info().sandbox().withLimits(ResourceLimits.DEFAULT.withMaxTasks(1)));
        for (int i = 0; i < 20; i++) {
            CompletableFuture<?> sleep = startSleepWhenThereIsRoom();
            assertThat(sleep.cancel(true)).isTrue();
        }
    }

    /** A place is free again once the cancelled call has really stopped, which over a network takes a moment. */
    private CompletableFuture<?> startSleepWhenThereIsRoom() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end) {
            CompletableFuture<?> sleep = process.executeAsync(new Sleep(LONG), LONG);
            try {
                sleep.get(20, TimeUnit.MILLISECONDS);
            } catch (TimeoutException sleeping) {
                return sleep;
            } catch (ExecutionException full) {
                assertThat(full.getCause())
                        .isInstanceOfSatisfying(
                                SyscallException.class,
                                failure -> assertThat(failure.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
        }
        throw new AssertionError("a cancelled sleep still holds its place");
    }

    @Test
    void waitingCallsAreLimited() {
        process.updateSandbox(process.info().sandbox().withLimits(ResourceLimits.DEFAULT.withMaxTasks(2)));
        CompletableFuture<?> a = startSleepWhenThereIsRoom();
        CompletableFuture<?> b = startSleepWhenThereIsRoom();
        SyscallException full = assertFails(
                ErrorCode.RESOURCE_EXHAUSTED, () -> process.execute(new Sleep(LONG), Duration.ofSeconds(30)));
        assertThat(full).hasMessageContaining("maxTasks");
        assertThat(a).isNotDone();
        assertThat(b).isNotDone();
    }

    @Test
    void theEndOfTheProcessEndsItsSleeps() throws Exception {
        CompletableFuture<?> sleep = process.executeAsync(new Sleep(LONG), LONG);
        process.execute(new GetCurrentTime());
        process.terminate();
        assertThatThrownBy(() -> sleep.get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        SyscallException.class,
                        failure -> assertThat(failure.code()).isIn(ErrorCode.CANCELLED, ErrorCode.NO_SUCH_PROCESS));
    }

    @Test
    void anInterruptedThreadStopsWaitingAndStaysInterrupted() throws Exception {
        CompletableFuture<Boolean> outcome = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                process.execute(new Sleep(LONG));
            } catch (SyscallException failure) {
                outcome.complete(failure.code() == ErrorCode.CANCELLED
                        && Thread.currentThread().isInterrupted());
            }
        });
        waiting.start();
        waiting.interrupt();
        assertThat(outcome.get(30, TimeUnit.SECONDS)).isTrue();
    }
}
