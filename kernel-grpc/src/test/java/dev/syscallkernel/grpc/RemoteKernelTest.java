package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskOptions;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a kernel afar has to do besides what every kernel has to do. */
@Timeout(120)
class RemoteKernelTest extends ServerTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private RemoteKernel remote;
    private KernelProcess process;

    @BeforeEach
    void connectRemotely() {
        remote = RemoteKernel.connect(server.address());
        process = remote.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    @AfterEach
    void disconnect() {
        remote.close();
    }

    private static SyscallException assertFails(ErrorCode expected, ThrowingCallable action) {
        SyscallException failure = catchThrowableOfType(SyscallException.class, action);
        assertThat(failure).isNotNull();
        assertThat(failure.code()).as(failure.getMessage()).isEqualTo(expected);
        return failure;
    }

    @Test
    void failuresReadAsTheyDoInProcess() {
        KernelProcess local = kernel.process(process.pid());
        for (String path : new String[] {"/workspace/missing", "/etc/passwd", "/workspace", "/workspace/\n\"é"}) {
            SyscallException near =
                    catchThrowableOfType(SyscallException.class, () -> local.execute(new ReadFile(path)));
            SyscallException far =
                    catchThrowableOfType(SyscallException.class, () -> process.execute(new ReadFile(path)));
            assertThat(far).hasMessage(near.getMessage());
            assertThat(far.code()).isEqualTo(near.code());
            assertThat(far.capability()).isEqualTo(near.capability());
        }
    }

    @Test
    void aLackingCapabilityIsNamedAlsoByAStream() {
        process.updateSandbox(process.info().sandbox().withLimits(kernel.info().limits()));
        KernelProcess powerless =
                remote.createProcess(ProcessSpec.named("powerless").build());
        SyscallException call =
                assertFails(ErrorCode.PERMISSION_DENIED, () -> powerless.execute(new ReadFile("/workspace/f")));
        assertThat(call.capability()).contains(Capability.READ_FILE);
        SyscallException stream = assertFails(ErrorCode.PERMISSION_DENIED, () -> powerless.read("/workspace/f"));
        assertThat(stream.capability()).contains(Capability.READ_FILE);
        assertThat(stream.syscall()).isEqualTo("stream_read");
        assertThat(stream.subject()).isEqualTo("/workspace/f");
    }

    @Test
    void timeIsUpWhenItIsUp() {
        assertFails(ErrorCode.TIMED_OUT, () -> process.execute(new Sleep(HOUR), Duration.ofMillis(50)));
        assertFails(ErrorCode.TIMED_OUT, () -> process.execute(new Sleep(HOUR), Duration.ZERO));
        CompletableFuture<@Nullable Void> future = process.executeAsync(new Sleep(HOUR), Duration.ofMillis(50));
        assertThatThrownBy(() -> future.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasMessageContaining("TIMED_OUT");
    }

    @Test
    void aTimeLimitForAllCallsCanBeSet() {
        try (RemoteKernel hurried = RemoteKernel.builder(server.address())
                .callTimeout(Duration.ofMillis(50))
                .build()) {
            // The first call also has to connect, which may take longer than that here.
            KernelProcess same = hurried.createProcess(ProcessSpec.named("p")
                    .grant(SandboxLevel.STANDARD.capabilities())
                    .build());
            assertFails(ErrorCode.TIMED_OUT, () -> same.execute(new Sleep(HOUR)));
        } catch (SyscallException slow) {
            assertThat(slow.code()).isEqualTo(ErrorCode.TIMED_OUT);
        }
    }

    @Test
    void anInterruptEndsTheWaitAndIsKept() throws Exception {
        CompletableFuture<SyscallException> outcome = new CompletableFuture<>();
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            outcome.complete(catchThrowableOfType(SyscallException.class, () -> process.execute(new Sleep(HOUR))));
            interrupted.complete(Thread.currentThread().isInterrupted());
        });
        waiting.start();
        waiting.interrupt();
        assertThat(outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS).code()).isEqualTo(ErrorCode.CANCELLED);
        assertThat(interrupted.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        waiting.join();
    }

    @Test
    void cancellingAFutureCancelsTheCall() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (var subscription =
                kernel.subscribe(event -> ended.countDown(), Set.of(KernelEvent.Type.SYSCALL_EXECUTED))) {
            CompletableFuture<@Nullable Void> sleep = process.executeAsync(new Sleep(HOUR), HOUR);
            assertThat(process.execute(new GetCurrentTime())).isNotNull(); // so the sleep has arrived, too
            assertThat(ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            CountDownLatch second = new CountDownLatch(1);
            try (var other = kernel.subscribe(event -> second.countDown(), Set.of(KernelEvent.Type.SYSCALL_EXECUTED))) {
                sleep.cancel(true);
                assertThat(second.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void closingFailsWhatWaitsAndWhatComes() throws Exception {
        CompletableFuture<@Nullable Void> sleep = process.executeAsync(new Sleep(HOUR), HOUR);
        Files.write(workspace.resolve("f"), new byte[64 << 20]);
        StreamingReader reader = process.read("/workspace/f");
        var subscription = remote.subscribe(event -> {}, Set.of());
        remote.close();
        assertThatThrownBy(() -> sleep.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        SyscallException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        assertFails(ErrorCode.UNAVAILABLE, () -> {
            while (reader.next()) {
                assertThat(reader.chunk().remaining()).isPositive();
            }
        });
        reader.close();
        subscription.close();
        assertThat(assertFails(ErrorCode.UNAVAILABLE, remote::info)).hasMessageContaining("closed");
        assertFails(ErrorCode.UNAVAILABLE, () -> remote.events(Set.of()));
        assertFails(ErrorCode.UNAVAILABLE, () -> process.read("/workspace/f"));
        assertThatThrownBy(
                        () -> process.executeAsync(new GetCurrentTime(), HOUR).get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .cause()
                .hasMessageContaining("UNAVAILABLE");
        assertThat(kernel.process(process.pid()).pid()).isEqualTo(process.pid()); // the process lives on
    }

    @Test
    void aServerThatComesBackIsFoundAgain() throws IOException {
        String address = server.address();
        server.close();
        assertFails(ErrorCode.UNAVAILABLE, remote::info);
        assertFails(ErrorCode.UNAVAILABLE, remote::info);
        server = KernelServer.builder(kernel).listen(address).build().start();
        assertThat(process.execute(new GetCurrentTime())).isNotNull();
    }

    @Test
    void somethingElseThatListensThereIsNotTakenForAKernel() throws Exception {
        Server empty = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .build()
                .start();
        String address = "127.0.0.1:" + empty.getPort();
        try (RemoteKernel other = RemoteKernel.connect(address);
                Connection connection = new Connection(Endpoint.parse(address), null)) {
            KernelProcess nobody = new RemoteProcess(connection, process.pid());
            for (ThrowingCallable call : List.<ThrowingCallable>of(
                    other::info,
                    () -> other.createProcess(ProcessSpec.named("p").build()),
                    () -> nobody.execute(new GetCurrentTime()),
                    () -> nobody.read("/workspace/f"),
                    () -> nobody.write("/workspace/f"))) {
                assertThat(assertFails(ErrorCode.UNSUPPORTED, call))
                        .hasMessageContaining(address)
                        .hasMessageContaining("is it a kernel's server");
            }
        } finally {
            empty.shutdownNow().awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
        try (ServerSocket web = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                RemoteKernel other = RemoteKernel.connect("127.0.0.1:" + web.getLocalPort())) {
            Thread answering = new Thread(() -> answerAsTheWebDoes(web));
            answering.start();
            assertThat(assertFails(ErrorCode.UNAVAILABLE, other::info))
                    .hasMessageContaining("127.0.0.1:" + web.getLocalPort())
                    .hasMessageContaining("is this its address?");
            web.close();
            answering.join();
        }
        try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                RemoteKernel other = RemoteKernel.builder("127.0.0.1:" + mute.getLocalPort())
                        .callTimeout(Duration.ofMillis(200))
                        .build()) {
            assertFails(ErrorCode.TIMED_OUT, other::info);
        }
    }

    private static void answerAsTheWebDoes(ServerSocket web) {
        try {
            while (true) {
                try (Socket client = web.accept()) {
                    client.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    client.getInputStream().readAllBytes();
                }
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    @Test
    void aRequestLargerThanAnyServerTakesIsRefusedAtOnce() {
        WriteFile write = new WriteFile("/workspace/f", new byte[100 << 20]);
        SyscallException refusal = assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(write));
        assertThat(refusal).hasMessageContaining("streamed");
        assertThat(process.executeAsync(write, HOUR)).isCompletedExceptionally();
        assertThat(workspace.resolve("f")).doesNotExist();
    }

    @Test
    void aBatchLargerThanAnyServerTakesIsRefusedBeforeAnythingRuns() {
        ProcessBatch batch = process.batch();
        for (int i = 0; i < 5; i++) {
            batch.add(new WriteFile("/workspace/f" + i, new byte[4 << 20]));
        }
        assertThat(assertFails(ErrorCode.INVALID_ARGUMENT, batch::execute)).hasMessageContaining("split");
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> batch.submit(TaskOptions.DEFAULT));
        assertThat(batch.executeAsync())
                .isCompletedExceptionally()
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withMessageContaining("INVALID_ARGUMENT");
        assertThat(workspace).isEmptyDirectory();
    }

    @Test
    void aBatchWithoutATimeLimitHasThatOfAllCalls() throws Exception {
        Duration limit = Duration.ofMillis(500);
        BlockingQueue<KernelEvent> ended = new LinkedBlockingQueue<>();
        try (RemoteKernel hurried = RemoteKernel.builder(server.address())
                        .callTimeout(limit)
                        .build();
                var subscription = kernel.subscribe(
                        event -> {
                            if (((KernelEvent.SyscallExecuted) event).syscall().equals("sleep")) {
                                ended.add(event);
                            }
                        },
                        Set.of(KernelEvent.Type.SYSCALL_EXECUTED))) {
            assertThat(subscription).isNotNull();
            connect(hurried);
            Batch batch = Batch.builder()
                    .add(process.pid(), new WriteFile("/workspace/a", new byte[1]))
                    .add(process.pid(), new Sleep(HOUR))
                    .add(process.pid(), new WriteFile("/workspace/b", new byte[1]))
                    .build();
            assertFails(ErrorCode.TIMED_OUT, () -> hurried.batches().execute(batch));
            // The server hears of it, and nothing of the batch goes on.
            assertThat(ended.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            KernelEvent.SyscallExecuted.class,
                            sleep -> assertThat(sleep.success()).isFalse());
            assertThat(workspace.resolve("a")).exists();
            assertThatThrownBy(() -> hurried.batches().executeAsync(batch).get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .hasMessageContaining("TIMED_OUT");
            Batch patient = Batch.builder()
                    .add(process.pid(), new Sleep(limit.plusMillis(100)))
                    .timeout(HOUR)
                    .build();
            assertThat(hurried.batches().execute(patient).successCount()).isEqualTo(1);
        }
        assertThat(workspace.resolve("b")).doesNotExist();
    }

    /** The first call also has to connect, which may take longer than any other. */
    private static void connect(RemoteKernel hurried) {
        boolean connected = false;
        while (!connected) {
            try {
                connected = hurried.info().version() != null;
            } catch (SyscallException slow) {
                assertThat(slow.code()).isEqualTo(ErrorCode.TIMED_OUT);
            }
        }
    }

    @Test
    void textThatUtf8CannotExpressIsRefused() {
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.execute(new ReadFile("/workspace/\uD800")));
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.read("/workspace/\uD800"));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> remote.createProcess(ProcessSpec.named("\uD800").build()));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> process.updateSandbox(process.info().sandbox().withBlockedPaths("/\uD800")));
    }

    @Test
    void openingAStreamCanTakeTooLong() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Connection connection =
                        new Connection(Endpoint.parse("127.0.0.1:" + mute.getLocalPort()), Duration.ofMillis(100))) {
            KernelProcess unheard = new RemoteProcess(connection, process.pid());
            OpenReader open = new OpenReader("/workspace/f", ReadOptions.DEFAULT);
            assertFails(ErrorCode.TIMED_OUT, () -> unheard.execute(open));
            assertFails(ErrorCode.TIMED_OUT, () -> unheard.execute(open, Duration.ofMillis(50)));
            assertThat(unheard.executeAsync(open, HOUR).cancel(true)).isTrue();
        }
    }

    @Test
    void aStreamThatIsBeingOpenedHearsThatTheConnectionIsClosed() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                Connection connection = new Connection(Endpoint.parse("127.0.0.1:" + mute.getLocalPort()), null)) {
            CompletableFuture<StreamingReader> opening = new RemoteProcess(connection, process.pid())
                    .executeAsync(new OpenReader("/workspace/f", ReadOptions.DEFAULT), HOUR);
            connection.close();
            assertThatThrownBy(() -> opening.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .cause()
                    .hasMessageContaining("UNAVAILABLE");
        }
    }

    @Test
    void eventsFollowTheDemand() throws Exception {
        CompletableFuture<Flow.Subscription> granted = new CompletableFuture<>();
        BlockingQueue<KernelEvent> heard = new LinkedBlockingQueue<>();
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        remote.events(Set.of(KernelEvent.Type.PROCESS_CREATED)).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                granted.complete(subscription);
            }

            @Override
            public void onNext(KernelEvent event) {
                heard.add(event);
            }

            @Override
            public void onError(Throwable problem) {
                end.complete(problem);
            }

            @Override
            public void onComplete() {
                end.completeExceptionally(new AssertionError("it ended well"));
            }
        });
        Flow.Subscription subscription = granted.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        for (int i = 0; i < 3; i++) {
            remote.createProcess(ProcessSpec.named("p" + i).build());
        }
        assertThat(heard).isEmpty(); // nobody asked
        subscription.request(2);
        for (int i = 0; i < 2; i++) {
            assertThat(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            KernelEvent.ProcessCreated.class,
                            created -> assertThat(created.name()).startsWith("p"));
        }
        assertThat(heard).isEmpty();
        subscription.request(0);
        assertThat(end.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isInstanceOf(IllegalArgumentException.class);
    }
}
