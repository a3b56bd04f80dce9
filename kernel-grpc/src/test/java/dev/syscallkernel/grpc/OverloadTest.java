package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.proto.EventStreamRequest;
import dev.syscallkernel.proto.KernelInfoRequest;
import dev.syscallkernel.proto.KernelInfoResponse;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.KernelServiceGrpc.KernelServiceBlockingStub;
import dev.syscallkernel.proto.KernelServiceGrpc.KernelServiceFutureStub;
import dev.syscallkernel.proto.ListProcessesRequest;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server whose kernel is stuck, or broken. */
@Timeout(120)
class OverloadTest {
    private static final KernelInfoRequest INFO = KernelInfoRequest.getDefaultInstance();

    /** Answers {@code info} when it is allowed to, and breaks in everything else. */
    private static final class BadKernel implements SyscallKernel {
        private final CountDownLatch proceed = new CountDownLatch(1);

        @Override
        public BatchExecutor batches() {
            throw fault();
        }

        @Override
        public KernelInfo info() {
            try {
                proceed.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            return new KernelInfo(
                    "1",
                    java.time.Instant.EPOCH,
                    dev.syscallkernel.security.SandboxLevel.MINIMAL,
                    dev.syscallkernel.process.ResourceLimits.DEFAULT,
                    1,
                    Set.of(),
                    null);
        }

        private static IllegalStateException fault() {
            return new IllegalStateException("a secret of the host");
        }

        @Override
        public KernelProcess createProcess(ProcessSpec spec) {
            throw fault();
        }

        @Override
        public KernelProcess process(Pid pid) {
            throw fault();
        }

        @Override
        public List<ProcessInfo> processes() {
            throw new StackOverflowError("a secret of the host");
        }

        @Override
        public dev.syscallkernel.task.AsyncTaskManager tasks() {
            throw fault();
        }

        @Override
        public Flow.Publisher<KernelEvent> events(Set<KernelEvent.Type> types) {
            throw fault();
        }

        @Override
        public void close() {}
    }

    private final BadKernel kernel = new BadKernel();
    private KernelServer server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        server = KernelServer.builder(kernel).listen("127.0.0.1:0").build().start();
        channel = NettyChannelBuilder.forTarget(server.address()).usePlaintext().build();
    }

    @AfterEach
    void stop() {
        kernel.proceed.countDown();
        channel.shutdownNow();
        server.close();
    }

    private KernelServiceBlockingStub stub() {
        return KernelServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void moreWorkThanItCanHoldIsRefusedAndHealthIsStillServed() throws Exception {
        KernelServiceFutureStub futures = KernelServiceGrpc.newFutureStub(channel);
        List<ListenableFuture<KernelInfoResponse>> answers = new ArrayList<>();
        CountDownLatch refusals = new CountDownLatch(10); // nothing else can be answered meanwhile
        for (int i = 0; i < WorkPool.MAX_TASKS + 10; i++) {
            ListenableFuture<KernelInfoResponse> answer = futures.getKernelInfo(INFO);
            answer.addListener(refusals::countDown, Runnable::run);
            answers.add(answer);
        }
        assertThat(refusals.await(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
        assertThat(HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
        kernel.proceed.countDown();
        int answered = 0;
        for (ListenableFuture<KernelInfoResponse> answer : answers) {
            try {
                assertThat(answer.get(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS)
                                .getVersion())
                        .isEqualTo("1");
                answered++;
            } catch (ExecutionException refused) {
                ServerTest.assertStatus(refused, Status.Code.RESOURCE_EXHAUSTED, ErrorCode.RESOURCE_EXHAUSTED);
            }
        }
        assertThat(answered).isEqualTo(WorkPool.MAX_TASKS);
        assertThat(stub().getKernelInfo(INFO).getVersion()).isEqualTo("1");
    }

    @Test
    void aFaultIsInternalAndSaysNothingOfWhatHappened() throws Exception {
        assertFault(ServerTest.assertStatus(
                Status.Code.INTERNAL,
                ErrorCode.INTERNAL,
                () -> stub().listProcesses(ListProcessesRequest.getDefaultInstance())));
        assertFault(ServerTest.assertStatus(
                Status.Code.INTERNAL,
                ErrorCode.INTERNAL,
                () -> stub().listProcesses(
                                ListProcessesRequest.newBuilder().setPid(1).build())));
        assertFault(ServerTest.assertStatus(
                Status.Code.INTERNAL,
                ErrorCode.INTERNAL,
                () -> stub().streamEvents(EventStreamRequest.getDefaultInstance())
                        .next()));
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        KernelServiceGrpc.newStub(channel)
                .streamSyscall(new StreamObserver<>() {
                    @Override
                    public void onNext(StreamSyscallChunk chunk) {}

                    @Override
                    public void onError(Throwable problem) {
                        end.complete(problem);
                    }

                    @Override
                    public void onCompleted() {}
                })
                .onNext(StreamSyscallRequest.newBuilder()
                        .setPid(1)
                        .setRead(StreamFileRead.newBuilder().setPath("/f"))
                        .build());
        Throwable problem = end.get(ServerTest.PATIENCE_SECONDS, TimeUnit.SECONDS);
        ServerTest.assertStatus(problem, Status.Code.INTERNAL, ErrorCode.INTERNAL);
        assertFault(problem);
    }

    private static void assertFault(Throwable problem) {
        assertThat(problem.toString()).doesNotContain("secret").contains("its log has the details");
    }
}
