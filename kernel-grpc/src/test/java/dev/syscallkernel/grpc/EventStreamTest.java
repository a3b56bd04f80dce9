package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.proto.EventStreamRequest;
import dev.syscallkernel.proto.GetCurrentTimeCall;
import dev.syscallkernel.proto.KernelEvent;
import dev.syscallkernel.proto.KernelEvent.EventCase;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.SyscallRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events as other clients receive them, or do not. */
@Timeout(120)
class EventStreamTest extends ServerTest {
    private static final int SUBSCRIBERS = 100;

    private static final class Stream extends ClientCall.Listener<KernelEvent> {
        private final ClientCall<EventStreamRequest, KernelEvent> call;
        private final CompletableFuture<@Nullable Void> subscribed = new CompletableFuture<>();
        private final BlockingQueue<KernelEvent> events = new LinkedBlockingQueue<>();
        private final CompletableFuture<Throwable> end = new CompletableFuture<>();

        Stream(ManagedChannel channel, String... types) {
            call = channel.newCall(KernelServiceGrpc.getStreamEventsMethod(), CallOptions.DEFAULT);
            call.start(this, new Metadata());
            EventStreamRequest.Builder request = EventStreamRequest.newBuilder();
            for (String type : types) {
                request.addEventTypes(type);
            }
            call.sendMessage(request.build());
            call.halfClose();
        }

        @Override
        public void onHeaders(Metadata headers) {
            subscribed.complete(null);
        }

        @Override
        public void onMessage(KernelEvent event) {
            events.add(event);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            end.complete(status.asRuntimeException(trailers));
        }

        Stream awaitSubscribed() throws Exception {
            subscribed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return this;
        }

        KernelEvent next() throws InterruptedException {
            call.request(1);
            KernelEvent event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(event).as("an event").isNotNull();
            return event;
        }
    }

    @Test
    void onceTheHeadersHaveComeNothingIsMissed() throws Exception {
        long before = System.currentTimeMillis();
        for (int i = 0; i < 50; i++) {
            Stream stream = new Stream(channel).awaitSubscribed();
            int pid = createProcess();
            KernelEvent event = stream.next();
            assertThat(event.getProcessCreated().getPid()).isEqualTo(pid);
            assertThat(event.getProcessCreated().getName()).isEqualTo("test");
            assertThat(event.getTimestamp()).isBetween(before, System.currentTimeMillis());
            stream.call.cancel("enough", null);
        }
    }

    @Test
    void onlyTheTypesAskedForAreSent() throws Exception {
        Stream stream = new Stream(channel, "process_terminated").awaitSubscribed();
        int pid = createProcess();
        kernel.process(new dev.syscallkernel.Pid(pid)).terminate();
        assertThat(stream.next().getProcessTerminated().getPid()).isEqualTo(pid);
    }

    @Test
    void anUnknownTypeIsInvalidAndTheKnownOnesAreListed() throws Exception {
        Stream stream = new Stream(channel, "process_created", "nonsense");
        Throwable end = stream.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertStatus(end, Status.Code.INVALID_ARGUMENT, ErrorCode.INVALID_ARGUMENT);
        assertThat(end).hasMessageContaining("nonsense");
        for (dev.syscallkernel.event.KernelEvent.Type type : dev.syscallkernel.event.KernelEvent.Type.values()) {
            assertThat(end).hasMessageContaining(type.wireName());
        }
    }

    @Test
    void aClientThatNeverReadsIsToldWhatItMissedAndHarmsNobody() throws Exception {
        ManagedChannel lazy = NettyChannelBuilder.forTarget(server.address())
                .usePlaintext()
                .flowControlWindow(64 << 10)
                .build();
        Stream stream = new Stream(lazy, "syscall_executed").awaitSubscribed();
        Stream other = new Stream(channel, "process_created").awaitSubscribed();
        SyscallRequest time = SyscallRequest.newBuilder()
                .setPid(createProcess())
                .setGetCurrentTime(GetCurrentTimeCall.getDefaultInstance())
                .build();
        int calls = 20_000;
        for (int i = 0; i < calls; i++) {
            kernel.process(new dev.syscallkernel.Pid(time.getPid()))
                    .execute(new dev.syscallkernel.system.SystemSyscall.GetCurrentTime());
        }
        assertThat(other.next().getEventCase()).isEqualTo(EventCase.PROCESS_CREATED);
        assertServerWorks();
        long received = 0;
        long dropped = 0;
        while (received + dropped < calls) {
            KernelEvent event = stream.next();
            if (event.hasDropped()) {
                dropped += event.getDropped().getCount();
            } else {
                assertThat(event.hasSyscallExecuted()).isTrue();
                received++;
            }
        }
        assertThat(dropped).isPositive();
        assertThat(received + dropped).isLessThan(calls + 10L); // some more were made to see that the server works
        lazy.shutdownNow();
    }

    @Test
    void closingTheKernelEndsTheStreamWell() throws Exception {
        Stream stream = new Stream(channel).awaitSubscribed();
        kernel.close();
        stream.call.request(1);
        assertThat(Status.fromThrowable(stream.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .getCode())
                .isEqualTo(Status.Code.OK);
    }

    @Test
    void closingTheServerEndsTheStreamWell() throws Exception {
        Stream stream = new Stream(channel).awaitSubscribed();
        server.close();
        assertThat(Status.fromThrowable(stream.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .getCode())
                .isEqualTo(Status.Code.OK);
    }

    /** More than one round of the network's threads can tell, and each of them has to hear it. */
    @Test
    void manySubscribersOnUnixSocketsHearThatTheServerClosesWell() throws Exception {
        Path socket = ServedKernel.socketPath();
        EventLoopGroup network = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        List<ManagedChannel> channels = new ArrayList<>();
        try (KernelServer unix =
                KernelServer.builder(kernel).listen("unix:" + socket).build()) {
            unix.start();
            List<Stream> streams = new ArrayList<>();
            for (int i = 0; i < SUBSCRIBERS; i++) {
                ManagedChannel own = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                        .overrideAuthority("localhost")
                        .channelType(NioDomainSocketChannel.class)
                        .eventLoopGroup(network)
                        .usePlaintext()
                        .build();
                channels.add(own);
                streams.add(new Stream(own));
            }
            for (Stream stream : streams) {
                stream.awaitSubscribed().call.request(1);
            }
            long begin = System.nanoTime();
            unix.close();
            assertThat(System.nanoTime() - begin)
                    .as("closing is bounded, whoever listens")
                    .isLessThan(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS));
            for (Stream stream : streams) {
                Throwable end = stream.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(Status.fromThrowable(end).getCode())
                        .as(end.toString())
                        .isEqualTo(Status.Code.OK);
            }
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
            var unused = network.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            Files.delete(socket.getParent());
        }
    }

    /** Its answer to the server's farewell fails, and with it the connection: by then it must have read the rest. */
    @Test
    void aSubscriberOnAUnixSocketHearsThatTheServerClosesWellEvenIfItIsLate() throws Exception {
        Path socket = ServedKernel.socketPath();
        EventLoopGroup network = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ManagedChannel late = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .overrideAuthority("localhost")
                .channelType(NioDomainSocketChannel.class)
                .eventLoopGroup(network)
                .withOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(32).maxMessagesPerRead(1)) // so that it writes between its reads
                .usePlaintext()
                .build();
        try (KernelServer unix =
                KernelServer.builder(kernel).listen("unix:" + socket).build()) {
            unix.start();
            Stream stream = new Stream(late).awaitSubscribed();
            stream.call.request(1);
            CountDownLatch closed = new CountDownLatch(1);
            network.execute(() -> {
                try {
                    closed.await();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            });
            unix.close();
            closed.countDown();
            Throwable end = stream.end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(Status.fromThrowable(end).getCode()).as(end.toString()).isEqualTo(Status.Code.OK);
        } finally {
            late.shutdownNow();
            var unused = network.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            Files.delete(socket.getParent());
        }
    }
}
