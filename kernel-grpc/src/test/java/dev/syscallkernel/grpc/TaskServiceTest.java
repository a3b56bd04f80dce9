package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.proto.AsyncCancelRequest;
import dev.syscallkernel.proto.AsyncCancelResponse;
import dev.syscallkernel.proto.AsyncListRequest;
import dev.syscallkernel.proto.AsyncListResponse;
import dev.syscallkernel.proto.AsyncStatusRequest;
import dev.syscallkernel.proto.AsyncStatusResponse;
import dev.syscallkernel.proto.AsyncStatusResponse.Status;
import dev.syscallkernel.proto.AsyncSyscallResponse;
import dev.syscallkernel.proto.AsyncWaitRequest;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.ReadFileCall;
import dev.syscallkernel.proto.ResourceLimits;
import dev.syscallkernel.proto.SandboxLevel;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.UpdateSandboxRequest;
import dev.syscallkernel.proto.WriteFileCall;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks as other languages see them; also clients that know nothing of newer fields. */
@Timeout(60)
class TaskServiceTest extends ServerTest {
    private int pid;

    @BeforeEach
    void create() {
        pid = createProcess();
    }

    private SyscallRequest.Builder sleep(long millis) {
        return SyscallRequest.newBuilder()
                .setPid(pid)
                .setSleep(SleepCall.newBuilder().setDurationMs(millis));
    }

    private String submit(SyscallRequest.Builder request) {
        AsyncSyscallResponse response = stub().executeSyscallAsync(request.build());
        assertThat(response.getAccepted()).isTrue();
        assertThat(response.getError()).isEmpty();
        assertThat(response.getTaskId()).hasSize(36);
        return response.getTaskId();
    }

    private AsyncStatusResponse status(String id) {
        return stub().getAsyncStatus(
                        AsyncStatusRequest.newBuilder().setTaskId(id).build());
    }

    private AsyncStatusResponse awaitEnd(String id) {
        return stub().waitAsync(AsyncWaitRequest.newBuilder().setTaskId(id).build());
    }

    private AsyncCancelResponse cancel(String id) {
        return stub().cancelAsync(AsyncCancelRequest.newBuilder().setTaskId(id).build());
    }

    @Test
    void anOldClientSubmitsAsksAgainAndAgainAndReadsTheData() throws Exception {
        Files.writeString(workspace.resolve("f"), "content");
        String id = submit(SyscallRequest.newBuilder()
                .setPid(pid)
                .setReadFile(ReadFileCall.newBuilder().setPath("/workspace/f")));
        AsyncStatusResponse status = status(id);
        while (status.getStatus() == Status.PENDING || status.getStatus() == Status.RUNNING) {
            assertThat(status.getProgress()).isLessThan(1);
            status = status(id);
        }
        assertThat(status.getStatus()).isEqualTo(Status.COMPLETED);
        assertThat(status.getProgress()).isEqualTo(1);
        assertThat(status.getResult().getSuccess().getData()).isEqualTo(ByteString.copyFromUtf8("content"));
        AsyncCancelResponse late = cancel(id);
        assertThat(late.getCancelled()).isFalse();
        assertThat(late.getError()).contains("COMPLETED");
    }

    @Test
    void anOldClientReadsWhyATaskFailed() {
        String id = submit(SyscallRequest.newBuilder()
                .setPid(pid)
                .setReadFile(ReadFileCall.newBuilder().setPath("/workspace/missing")));
        AsyncStatusResponse status = awaitEnd(id);
        assertThat(status.getStatus()).isEqualTo(Status.FAILED);
        assertThat(status.getProgress()).isLessThan(1);
        assertThat(status.getResult().getError().getMessage()).contains("/workspace/missing");
    }

    @Test
    void aCancelledTaskHasACancelledResult() {
        String id = submit(sleep(3_600_000));
        assertThat(cancel(id).getCancelled()).isTrue();
        AsyncStatusResponse status = awaitEnd(id);
        assertThat(status.getStatus()).isEqualTo(Status.CANCELLED);
        assertThat(status.getCancelRequested()).isTrue();
        assertThat(status.getResult().getError().getCode())
                .isEqualTo(dev.syscallkernel.proto.ErrorCode.ERROR_CODE_CANCELLED);
    }

    @Test
    void waitingEndsWhenItsTimeIsUp() {
        String id = submit(sleep(3_600_000));
        AsyncStatusResponse status = stub().waitAsync(AsyncWaitRequest.newBuilder()
                .setTaskId(id)
                .setTimeoutMs(20)
                .build());
        assertThat(status.getStatus()).isIn(Status.PENDING, Status.RUNNING);
        assertThat(status.getSyscall()).isEqualTo("sleep");
        assertThat(status.getTaskId()).isEqualTo(id);
        assertThat(status.getPid()).isEqualTo(pid);
    }

    @Test
    void idsThatNameNothingAreStatuses() {
        assertStatus(
                io.grpc.Status.Code.NOT_FOUND,
                ErrorCode.NOT_FOUND,
                () -> status("0f8b8a9e-8a3b-4f0e-9f62-0d6a3c1b7e55"));
        assertStatus(io.grpc.Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT, () -> status("17"));
        assertStatus(io.grpc.Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT, () -> cancel(""));
        assertStatus(io.grpc.Status.Code.NOT_FOUND, ErrorCode.NO_SUCH_PROCESS, () -> {
            pid = 4711;
            submit(sleep(1));
        });
        assertStatus(
                io.grpc.Status.Code.INVALID_ARGUMENT,
                ErrorCode.INVALID_ARGUMENT,
                () -> stub().executeSyscallAsync(
                                SyscallRequest.newBuilder().setPid(1).build()));
        assertStatus(
                io.grpc.Status.Code.INVALID_ARGUMENT,
                ErrorCode.INVALID_ARGUMENT,
                () -> stub().executeSyscallAsync(sleep(1).setPriorityValue(99).build()));
        assertServerWorks();
    }

    @Test
    void aRequestIdMakesSubmittingRepeatable() {
        String id = submit(sleep(3_600_000).setRequestId("r"));
        assertThat(submit(sleep(3_600_000).setRequestId("r"))).isEqualTo(id);
        assertStatus(io.grpc.Status.Code.ABORTED, ErrorCode.CONFLICT, () -> submit(sleep(1).setRequestId("r")));
    }

    @Test
    void whoMeetsALimitIsToldWhenToTryAgain() throws InvalidProtocolBufferException {
        stub().updateSandbox(UpdateSandboxRequest.newBuilder()
                .setPid(pid)
                .addCapabilities(dev.syscallkernel.proto.Capability.TIME_ACCESS)
                .setLimits(ResourceLimits.newBuilder().setMaxTasks(1))
                .build());
        String first = submit(sleep(3_600_000));
        StatusRuntimeException full = assertStatus(
                io.grpc.Status.Code.RESOURCE_EXHAUSTED, ErrorCode.RESOURCE_EXHAUSTED, () -> submit(sleep(1)));
        RetryInfo retry = StatusProto.fromThrowable(full).getDetails(1).unpack(RetryInfo.class);
        assertThat(retry.getRetryDelay().getSeconds()).isEqualTo(1);
        cancel(first);
        awaitEnd(first);
        submit(sleep(1));
    }

    @Test
    void aTaskOutlivesItsConnectionAndIsWatchedOnFromAnother() throws Exception {
        ManagedChannel first = connect();
        String id = KernelServiceGrpc.newBlockingStub(first)
                .executeSyscallAsync(sleep(3_600_000).build())
                .getTaskId();
        Iterator<AsyncStatusResponse> watch = KernelServiceGrpc.newBlockingStub(first)
                .watchAsync(AsyncStatusRequest.newBuilder().setTaskId(id).build());
        AsyncStatusResponse last = watch.next();
        first.shutdownNow();
        assertThat(first.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        assertThat(cancel(id).getCancelled()).isTrue();
        awaitEnd(id);
        List<AsyncStatusResponse> missed = new ArrayList<>();
        stub().watchAsync(AsyncStatusRequest.newBuilder()
                        .setTaskId(id)
                        .setAfterRevision(last.getRevision())
                        .build())
                .forEachRemaining(missed::add);
        assertThat(missed)
                .extracting(AsyncStatusResponse::getRevision)
                .isSorted()
                .allMatch(r -> r > last.getRevision());
        assertThat(missed).extracting(AsyncStatusResponse::getStatus).endsWith(Status.CANCELLED);
        assertThat(missed.size()).isGreaterThanOrEqualTo(last.getStatus() == Status.PENDING ? 1 : 2);
    }

    @Test
    void aWatchBringsTheResultLast() {
        String id = submit(SyscallRequest.newBuilder()
                .setPid(pid)
                .setWriteFile(
                        WriteFileCall.newBuilder().setPath("/workspace/f").setData(ByteString.copyFromUtf8("x"))));
        List<AsyncStatusResponse> told = new ArrayList<>();
        stub().watchAsync(AsyncStatusRequest.newBuilder().setTaskId(id).build()).forEachRemaining(told::add);
        AsyncStatusResponse last = told.get(told.size() - 1);
        assertThat(last.getStatus()).isEqualTo(Status.COMPLETED);
        assertThat(last.getResult().hasSuccess()).isTrue();
        assertThat(last.getBytesDone()).isEqualTo(1);
    }

    @Test
    void aListingLeavesResultsOut() throws Exception {
        Files.writeString(workspace.resolve("f"), "content");
        awaitEnd(submit(SyscallRequest.newBuilder()
                .setPid(pid)
                .setReadFile(ReadFileCall.newBuilder().setPath("/workspace/f"))));
        AsyncListResponse page =
                stub().listAsync(AsyncListRequest.newBuilder().setPid(pid).build());
        assertThat(page.getTasksList()).hasSize(1);
        assertThat(page.getTasks(0).getStatus()).isEqualTo(Status.COMPLETED);
        assertThat(page.getTasks(0).hasResult()).isFalse();
        assertThat(page.getNextPageToken()).isEmpty();
    }

    @Test
    void sleepingAndWaitingHoldNoThreadOfTheServer() {
        for (int i = 0; i < 50; i++) {
            submit(sleep(3_600_000));
        }
        List<ListenableFuture<AsyncStatusResponse>> waits = new ArrayList<>();
        int before = threads();
        for (int i = 0; i < 500; i++) {
            String id = submit(sleep(3_600_000));
            waits.add(KernelServiceGrpc.newFutureStub(channel)
                    .waitAsync(AsyncWaitRequest.newBuilder().setTaskId(id).build()));
        }
        // The pools may have grown to their size meanwhile, and no further.
        assertThat(threads()).isLessThan(before + 50);
        waits.forEach(wait -> wait.cancel(true));
    }

    @Test
    void aThousandWatchersHoldFewThreadsOfTheServerAndAllHearTheEnd() throws Exception {
        String id = submit(sleep(3_600_000));
        int watchers = 1000;
        int before = threads();
        CountDownLatch watching = new CountDownLatch(watchers);
        CountDownLatch ended = new CountDownLatch(watchers);
        AsyncStatusRequest request =
                AsyncStatusRequest.newBuilder().setTaskId(id).build();
        for (int i = 0; i < watchers; i++) {
            KernelServiceGrpc.newStub(channel).watchAsync(request, new StreamObserver<>() {
                private boolean heard;

                @Override
                public void onNext(AsyncStatusResponse status) {
                    if (!heard) {
                        heard = true;
                        watching.countDown();
                    }
                    if (status.getStatus() == Status.CANCELLED) {
                        ended.countDown();
                    }
                }

                @Override
                public void onError(Throwable failure) {
                    failure.printStackTrace();
                }

                @Override
                public void onCompleted() {}
            });
        }
        assertThat(watching.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        cancel(id);
        assertThat(ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(threads()).isLessThan(before + 50);
    }

    private static int threads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("syscallkernel-")
                        || thread.getName().startsWith("kernel-server-"))
                .count();
    }

    @Test
    void aProcessCanBeCreatedForTasksAtMinimalLevel() {
        pid = stub().createProcess(CreateProcessRequest.newBuilder()
                        .setSandboxLevel(SandboxLevel.MINIMAL)
                        .build())
                .getPid();
        assertThat(awaitEnd(submit(sleep(1))).getStatus()).isEqualTo(Status.COMPLETED);
    }
}
