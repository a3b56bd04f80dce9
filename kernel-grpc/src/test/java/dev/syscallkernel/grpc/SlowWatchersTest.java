package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.proto.AsyncStatusRequest;
import dev.syscallkernel.proto.AsyncStatusResponse;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.SyscallRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watchers of a task that do not read for long, beside others that do. */
@Timeout(60)
class SlowWatchersTest extends ServerTest {
    private static final int SLOW = 100;

    /** One watcher, that is sent only what it asks for. */
    private static final class Watcher extends ClientCall.Listener<AsyncStatusResponse> {
        private final ClientCall<AsyncStatusRequest, AsyncStatusResponse> call;
        private final ConcurrentLinkedQueue<AsyncStatusResponse> heard = new ConcurrentLinkedQueue<>();
        private final CountDownLatch watching = new CountDownLatch(1);
        private final CompletableFuture<Status> end = new CompletableFuture<>();

        private Watcher(Channel channel, String task) {
            call = channel.newCall(KernelServiceGrpc.getWatchAsyncMethod(), CallOptions.DEFAULT);
            call.start(this, new Metadata());
            call.sendMessage(AsyncStatusRequest.newBuilder().setTaskId(task).build());
            call.halfClose();
        }

        @Override
        public void onHeaders(Metadata headers) {
            watching.countDown();
        }

        @Override
        public void onMessage(AsyncStatusResponse status) {
            heard.add(status);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            end.complete(status);
        }

        private Watcher awaitWatching() throws InterruptedException {
            assertThat(watching.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            return this;
        }

        /** All that it hears to its end. */
        private List<AsyncStatusResponse> readToTheEnd() throws Exception {
            call.request(Integer.MAX_VALUE);
            assertThat(end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).isOk()).isTrue();
            return List.copyOf(heard);
        }
    }

    /** Changes some dozen times: it is told how many of its syscalls are done, ten times a second. */
    private String submitChanging() {
        BatchSyscallRequest.Builder batch = BatchSyscallRequest.newBuilder();
        int pid = createProcess();
        for (int i = 0; i < 45; i++) {
            batch.addRequests(SyscallRequest.newBuilder()
                    .setPid(pid)
                    .setSleep(SleepCall.newBuilder().setDurationMs(30)));
        }
        return stub().executeSyscallBatchAsync(batch.build()).getTaskId();
    }

    @Test
    void watchersThatDoNotReadGetTheNewestStateLaterAndDelayNobody() throws Exception {
        ManagedChannel narrow = NettyChannelBuilder.forTarget(server.address())
                .usePlaintext()
                .flowControlWindow(256) // of each stream: room for one or two statuses
                .build();
        String task = submitChanging();
        List<Watcher> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            slow.add(new Watcher(narrow, task));
        }
        for (Watcher watcher : slow) {
            watcher.awaitWatching();
        }
        List<AsyncStatusResponse> read = new Watcher(channel, task).readToTheEnd();
        assertThat(read).hasSizeGreaterThan(8);
        AsyncStatusResponse last = read.get(read.size() - 1);
        assertThat(last.getStatus()).isEqualTo(AsyncStatusResponse.Status.COMPLETED);
        for (Watcher watcher : slow) {
            assertThat(watcher.heard).isEmpty();
            assertThat(watcher.end).isNotDone();
        }
        for (Watcher watcher : slow) {
            List<AsyncStatusResponse> late = watcher.readToTheEnd();
            assertThat(late.get(late.size() - 1)).isEqualTo(last);
            // What was on its way already, and the end: nothing was kept for it.
            assertThat(late).hasSizeLessThanOrEqualTo(4);
            assertThat(late)
                    .extracting(AsyncStatusResponse::getRevision)
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
        narrow.shutdownNow();
        assertThat(narrow.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
