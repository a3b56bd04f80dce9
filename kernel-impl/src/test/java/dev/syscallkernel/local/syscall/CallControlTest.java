package dev.syscallkernel.local.syscall;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.system.SystemSyscall.GetUptime;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What whoever starts a call can do with it. */
@Timeout(60)
class CallControlTest {
    private static final Sleep HOUR = new Sleep(Duration.ofHours(1));

    @TempDir
    Path scratch;

    private final CountDownLatch started = new CountDownLatch(1);
    private final AtomicInteger handled = new AtomicInteger();
    private final EventBus events = new EventBus(Runnable::run);
    private final ProcessTable processes = new ProcessTable(
            10, ResourceLimits.DEFAULT.withMaxTasks(1), Duration.ofSeconds(5), Clock.systemUTC(), events);
    private final Timers timers = new Timers(CallControlTest::daemon, Runnable::run);
    private final SyscallDispatcher dispatcher = new SyscallDispatcher(
            new SyscallTable.Builder()
                    .immediate(GetUptime.class, Set.of(), (process, context, call) -> {
                        handled.incrementAndGet();
                        started.countDown();
                        while (true) {
                            context.throwIfCancelled();
                            Thread.onSpinWait();
                        }
                    })
                    .deferred(Sleep.class, Set.of(), (process, context, call, answer) -> {
                        handled.incrementAndGet();
                        context.progress().lasts(call.duration());
                        CompletableFuture<Void> sleep = new CompletableFuture<>();
                        context.cancellation()
                                .onCancel(() -> sleep.completeExceptionally(context.failure(ErrorCode.CANCELLED, "")));
                        if (call.duration().isZero()) {
                            sleep.complete(null);
                        }
                        var unused = sleep.whenComplete(answer::complete);
                    })
                    .build(),
            List.of(),
            events,
            timers,
            task -> daemon(task).start(),
            Clock.systemUTC(),
            System::nanoTime);
    private final LogicalProcess process = processes.create(
            ProcessSpec.named("a").build(), () -> FileTree.open(List.of(), scratch, Transactions.withoutJournal()));

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }

    @AfterEach
    void close() {
        processes.close();
        timers.close();
    }

    private static CallControl control(CancellationToken cancellation) {
        return new CallControl(cancellation, null, ProgressReporter.NONE, null, false);
    }

    private static ErrorCode codeOf(CompletableFuture<?> call) throws Exception {
        try {
            call.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            return ((SyscallException) requireNonNull(failure.getCause())).code();
        }
        throw new AssertionError("did not fail");
    }

    @Test
    void aCallCanBeCancelledWhileItsHandlerIsAtWork() throws Exception {
        CancellationToken cancellation = new CancellationToken();
        CompletableFuture<Void> call = new CompletableFuture<>();
        daemon(() -> call.completeExceptionally(catchThrowableOfType(
                        SyscallException.class,
                        () -> dispatcher.execute(process, new GetUptime(), control(cancellation)))))
                .start();
        assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();
        cancellation.cancel(ErrorCode.CANCELLED, "not wanted");
        assertThat(codeOf(call)).isEqualTo(ErrorCode.CANCELLED);
    }

    @Test
    void aCallThatWaitsEndsWhenItsControlIsCancelled() throws Exception {
        CancellationToken cancellation = new CancellationToken();
        CompletableFuture<?> call = dispatcher.start(process, HOUR, control(cancellation));
        assertThat(call).isNotDone();
        cancellation.cancel(ErrorCode.CANCELLED, "not wanted");
        assertThat(codeOf(call)).isEqualTo(ErrorCode.CANCELLED);
    }

    @Test
    void whatIsCancelledBeforeItStartsDoesNothing() throws Exception {
        CancellationToken cancellation = new CancellationToken();
        cancellation.cancel(ErrorCode.CANCELLED, "not wanted");
        assertThat(codeOf(dispatcher.start(process, HOUR, control(cancellation))))
                .isEqualTo(ErrorCode.CANCELLED);
        assertThat(codeOf(dispatcher.start(process, new GetUptime(), control(cancellation))))
                .isEqualTo(ErrorCode.CANCELLED);
        assertThat(handled).hasValue(0);
    }

    @Test
    void aControlledCallHasItsTimeLimitToo() throws Exception {
        CallControl control =
                new CallControl(new CancellationToken(), Duration.ofMillis(1), ProgressReporter.NONE, null, false);
        assertThat(codeOf(dispatcher.start(process, new GetUptime(), control))).isEqualTo(ErrorCode.TIMED_OUT);
    }

    @Test
    void aCountedCallTakesNoPlaceOfItsOwnAndAnswersWhereItIsTold() throws Exception {
        AtomicReference<Thread> answerer = new AtomicReference<>();
        Executor answers = work -> daemon(() -> {
                    answerer.set(Thread.currentThread());
                    work.run();
                })
                .start();
        CallControl counted = new CallControl(null, null, ProgressReporter.NONE, answers, true);
        CompletableFuture<?> waiting = dispatcher.start(process, HOUR, CallControl.NONE);
        dispatcher.start(process, new Sleep(Duration.ZERO), counted).get(30, TimeUnit.SECONDS);
        assertThat(answerer.get()).isNotNull();
        assertThat(process.resources().count(Resources.Kind.WAITING_CALL)).isEqualTo(1);
        waiting.cancel(false);
    }
}
