package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.KernelEvent.EventsDropped;
import dev.syscallkernel.event.KernelEvent.PermissionDenied;
import dev.syscallkernel.event.KernelEvent.ProcessCreated;
import dev.syscallkernel.event.KernelEvent.ProcessTerminated;
import dev.syscallkernel.event.KernelEvent.ResourceCleanup;
import dev.syscallkernel.event.KernelEvent.SyscallExecuted;
import dev.syscallkernel.event.KernelListener;
import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events: all that happened, in order, and nothing that did not. */
@Timeout(60)
public abstract class EventContract extends KernelContract {
    private final BlockingQueue<KernelEvent> heard = new LinkedBlockingQueue<>();

    private static ProcessSpec spec(String name) {
        return ProcessSpec.named(name)
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount(new Mount.Scratch("/tmp"))
                .build();
    }

    /** Subscribes, and makes sure that the subscription has arrived: a remote one takes a moment. */
    private Subscription subscribe(Set<KernelEvent.Type> types) throws InterruptedException {
        CountDownLatch arrived = new CountDownLatch(1);
        Subscription subscription = kernel.subscribe(
                event -> {
                    if (event instanceof ProcessCreated created
                            && created.name().equals("marker")) {
                        arrived.countDown();
                    } else if (arrived.getCount() == 0) {
                        heard.add(event);
                    }
                },
                types);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        do {
            assertThat(System.nanoTime()).as("the subscription hears nothing").isLessThan(end);
            kernel.createProcess(ProcessSpec.named("marker").build());
        } while (!arrived.await(50, TimeUnit.MILLISECONDS));
        return subscription;
    }

    private <E extends KernelEvent> E awaitEvent(Class<E> kind) throws InterruptedException {
        while (true) {
            KernelEvent event = heard.poll(30, TimeUnit.SECONDS);
            assertThat(event)
                    .as("an event of the kind %s", kind.getSimpleName())
                    .isNotNull();
            if (kind.isInstance(event)) {
                return kind.cast(event);
            }
        }
    }

    @Test
    void theLifeOfAProcessIsTold() throws Exception {
        Instant before = Instant.now().minusMillis(1);
        try (Subscription subscription = subscribe(Set.of())) {
            KernelProcess process = kernel.createProcess(spec("p"));
            process.execute(new WriteFile("/tmp/f", new byte[1000]));
            assertFails(ErrorCode.PERMISSION_DENIED, () -> process.execute(new ReadFile("/etc/passwd")));
            process.terminate();

            ProcessCreated created = awaitEvent(ProcessCreated.class);
            assertThat(created.pid()).isEqualTo(process.pid());
            assertThat(created.name()).isEqualTo("p");
            assertThat(created.time()).isBetween(before, Instant.now());
            SyscallExecuted written = awaitEvent(SyscallExecuted.class);
            assertThat(written.syscall()).isEqualTo("write_file");
            assertThat(written.success()).isTrue();
            PermissionDenied denied = awaitEvent(PermissionDenied.class);
            assertThat(denied.pid()).isEqualTo(process.pid());
            assertThat(denied.syscall()).isEqualTo("read_file");
            assertThat(denied.reason()).contains("/etc/passwd");
            SyscallExecuted refused = awaitEvent(SyscallExecuted.class);
            assertThat(refused.success()).isFalse();
            assertThat(awaitEvent(ProcessTerminated.class).pid()).isEqualTo(process.pid());
            ResourceCleanup cleanup = awaitEvent(ResourceCleanup.class);
            assertThat(cleanup.byType()).containsEntry("scratch_directory", 1L);
            assertThat(cleanup.bytesFreed()).isEqualTo(1000);
            assertThat(cleanup.errors()).isEmpty();
        }
    }

    @Test
    void onlyTheTypesWantedAreSent() throws Exception {
        try (Subscription subscription =
                subscribe(Set.of(KernelEvent.Type.PROCESS_CREATED, KernelEvent.Type.PROCESS_TERMINATED))) {
            KernelProcess process = kernel.createProcess(spec("p"));
            process.execute(new GetCurrentTime());
            process.terminate();
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isInstanceOf(ProcessCreated.class);
            assertThat(heard.poll(30, TimeUnit.SECONDS)).isInstanceOf(ProcessTerminated.class);
        }
    }

    @Test
    void nothingIsHeardAfterClosing() throws Exception {
        Subscription subscription = subscribe(Set.of(KernelEvent.Type.PROCESS_CREATED));
        subscription.close();
        subscription.close();
        heard.clear();
        BlockingQueue<KernelEvent> others = new LinkedBlockingQueue<>();
        try (Subscription other = kernel.subscribe(others::add, Set.of(KernelEvent.Type.PROCESS_CREATED))) {
            while (others.poll(50, TimeUnit.MILLISECONDS) == null) {
                kernel.createProcess(spec("p"));
            }
            for (int i = 0; i < 20; i++) {
                kernel.createProcess(spec("p"));
                assertThat(others.poll(30, TimeUnit.SECONDS)).isNotNull();
            }
        }
        // One event may have been under way.
        assertThat(heard).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void aSubscriberThatFallsBehindIsToldHowManyItMissed() throws Exception {
        CountDownLatch proceed = new CountDownLatch(1);
        CompletableFuture<EventsDropped> dropped = new CompletableFuture<>();
        try (Subscription slow = kernel.subscribe(
                event -> {
                    try {
                        proceed.await();
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                    if (event instanceof EventsDropped missed) {
                        dropped.complete(missed);
                    }
                },
                Set.of(KernelEvent.Type.SYSCALL_EXECUTED))) {
            KernelProcess process = kernel.createProcess(spec("p"));
            for (int i = 0; i < 10_000; i++) {
                process.execute(new GetCurrentTime());
            }
            proceed.countDown();
            assertThat(dropped.get(30, TimeUnit.SECONDS).count()).isBetween(1L, 10_000L);
        }
    }

    @Test
    void aListenerThatThrowsHarmsNobodyElse() throws Exception {
        try (Subscription bad = kernel.subscribe(
                event -> {
                    throw new IllegalStateException("a listener with a fault");
                },
                Set.of())) {
            try (Subscription good = subscribe(Set.of(KernelEvent.Type.PROCESS_CREATED))) {
                KernelProcess process = kernel.createProcess(spec("p"));
                assertThat(awaitEvent(ProcessCreated.class).pid()).isEqualTo(process.pid());
            }
        }
    }

    @Test
    void closingTheKernelEndsTheSubscriptions() throws Exception {
        CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
        KernelListener listener = new KernelListener() {
            @Override
            public void onEvent(KernelEvent event) {}

            @Override
            public void onEnd(@Nullable Throwable failure) {
                end.complete(null);
            }
        };
        kernel.subscribe(listener, Set.of());
        kernel.close();
        end.get(30, TimeUnit.SECONDS);
    }
}
