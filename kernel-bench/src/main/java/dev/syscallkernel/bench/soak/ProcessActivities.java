package dev.syscallkernel.bench.soak;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Waiting, and processes that come and go with everything they hold. */
final class ProcessActivities {
    private static final Duration HOUR = Duration.ofHours(1);

    private ProcessActivities() {}

    static void cancelledSleep(Guest guest) {
        CompletableFuture<?> sleep = guest.process().executeAsync(new Sleep(HOUR), HOUR);
        Guest.require(sleep.cancel(false), "did not sleep");
    }

    /** Ends a process in the middle of what it does. */
    static void shortLife(Guest guest) throws Exception {
        KernelProcess process = guest.kernel()
                .createProcess(Guest.spec(guest.directory())
                        .mount(new Mount.Scratch("/tmp"))
                        .build());
        CompletableFuture<?> sleep = process.executeAsync(new Sleep(HOUR), HOUR);
        process.execute(new WriteFile("/tmp/f", guest.bytes(1000)));
        StreamingWriter writer = process.write("/w/never");
        writer.write(ByteBuffer.wrap(guest.bytes(100_000)));
        process.terminate();
        try {
            sleep.get(30, TimeUnit.SECONDS);
            throw new AssertionError("slept on after the end of the process");
        } catch (ExecutionException ended) {
            Guest.require(
                    ended.getCause() instanceof SyscallException failure && failure.code() == ErrorCode.CANCELLED,
                    "the sleep ended otherwise: " + ended.getCause());
        } finally {
            writer.close();
        }
    }

    static void events(Guest guest) throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        try (Subscription subscription =
                guest.kernel().subscribe(event -> heard.countDown(), Set.of(KernelEvent.Type.SYSCALL_EXECUTED))) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            // A remote subscription begins a moment after it was asked for.
            while (!heard.await(1, TimeUnit.MILLISECONDS)) {
                guest.process().execute(new GetCurrentTime());
                Guest.require(System.nanoTime() < deadline, "heard nothing");
            }
        }
    }
}
