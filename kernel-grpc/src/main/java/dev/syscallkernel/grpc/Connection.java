package dev.syscallkernel.grpc;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.MessageLite;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection to a server: makes calls, and exceptions of what becomes of them. It connects when it is first
 * used, and again whenever that is needed. Thread-safe.
 */
final class Connection implements AutoCloseable {
    /** A listing can be much larger than anything the server takes. */
    private static final int MAX_ANSWER_BYTES = 256 << 20;

    /** Where the window starts: it grows with what the connection can carry. */
    private static final int FLOW_CONTROL_WINDOW = 1 << 20;

    /** Fixed: whoever reads no events shall learn soon that he missed some, and not have a megabyte of old ones first. */
    private static final int EVENT_WINDOW = 64 << 10;

    private final Endpoint endpoint;
    private final @Nullable Duration callTimeout;
    private final EventLoopGroup network =
            new MultiThreadIoEventLoopGroup(1, Daemons.named("kernel-client-net"), NioIoHandler.newFactory());
    private final ExecutorService callbacks = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE, // what runs here belongs to the user, and may block
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Daemons.named("kernel-client-call"),
            (task, pool) -> task.run()); // it is closed: whoever comes late hears so where he is
    private final ManagedChannel channel;
    private final ManagedChannel events; // connects only if they are wanted
    private final Set<RemoteStream<?>> streams = ConcurrentHashMap.newKeySet(); // which have not ended
    private volatile boolean closed;

    /** @param callTimeout how long a call may take that says nothing itself; null for no limit */
    Connection(Endpoint endpoint, @Nullable Duration callTimeout) {
        this.endpoint = endpoint;
        this.callTimeout = callTimeout;
        this.channel = channel().initialFlowControlWindow(FLOW_CONTROL_WINDOW).build();
        this.events = channel().flowControlWindow(EVENT_WINDOW).build();
    }

    private NettyChannelBuilder channel() {
        return NettyChannelBuilder.forAddress(endpoint.socketAddress())
                .overrideAuthority("localhost")
                .channelType(endpoint instanceof Endpoint.Unix ? NioDomainSocketChannel.class : NioSocketChannel.class)
                .eventLoopGroup(network)
                .executor(callbacks)
                .usePlaintext()
                .disableRetry()
                .maxInboundMessageSize(MAX_ANSWER_BYTES)
                .keepAliveTime(30, TimeUnit.SECONDS) // so that a wait for a dead server ends
                .keepAliveTimeout(10, TimeUnit.SECONDS);
    }

    @Nullable
    Duration callTimeout() {
        return callTimeout;
    }

    boolean isClosed() {
        return closed;
    }

    /** Runs an action where it may block. */
    void run(Runnable action) {
        callbacks.execute(action);
    }

    /** Tells gRPC something about a call that was started. Once the connection is closed, there is nobody to tell. */
    void tell(Runnable signal) {
        try {
            signal.run();
        } catch (RejectedExecutionException closing) {
            if (!closed) {
                throw closing;
            }
        }
    }

    /**
     * Runs an action later, where it may block, unless the future is cancelled before; or not at all once the connection
     * is closed, for then there is nothing to wait for.
     */
    Future<?> after(Duration delay, Runnable action) {
        try {
            return network.schedule(() -> run(action), WireValues.nanos(delay), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closing) {
            if (!closed) {
                throw closing;
            }
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Makes a call and waits for its answer. {@code syscall} and {@code subject} are for messages. */
    <Q extends MessageLite, A> A call(
            MethodDescriptor<Q, A> method, Q request, @Nullable Duration timeout, String syscall, String subject) {
        requireSendable(request, syscall, subject);
        try {
            return ClientCalls.blockingUnaryCall(usable(channel), method, options(timeout), request);
        } catch (StatusRuntimeException status) {
            throw failure(status, syscall, subject);
        }
    }

    /** Makes a call that goes on after its answer, until the connection is closed. */
    <Q extends MessageLite, A> A callAndHold(MethodDescriptor<Q, A> method, Q request, String syscall, String subject) {
        requireSendable(request, syscall, subject);
        ClientCall<Q, A> call = usable(channel).newCall(method, CallOptions.DEFAULT);
        FirstAnswer<A> answer = new FirstAnswer<>();
        ClientCalls.asyncServerStreamingCall(call, request, answer);
        try {
            return callTimeout == null
                    ? answer.future.get()
                    : answer.future.get(WireValues.nanos(callTimeout), TimeUnit.NANOSECONDS);
        } catch (ExecutionException problem) {
            if (problem.getCause() instanceof StatusRuntimeException status) {
                throw failure(status, syscall, subject);
            }
            throw Failures.unintelligible(syscall, subject, problem);
        } catch (TimeoutException late) {
            call.cancel("the caller waits no longer", null);
            throw new SyscallException(ErrorCode.TIMED_OUT, syscall, subject, "no answer within the time given", late);
        } catch (InterruptedException interrupted) {
            call.cancel("the caller waits no longer", null);
            Thread.currentThread().interrupt();
            throw new SyscallException(
                    ErrorCode.CANCELLED, syscall, subject, "the waiting thread was interrupted", interrupted);
        }
    }

    /** Makes a call. The future fails with {@link StatusRuntimeException}; cancelling it cancels the call. */
    <Q extends MessageLite, A> CompletableFuture<A> start(
            MethodDescriptor<Q, A> method, Q request, @Nullable Duration timeout) {
        ClientCall<Q, A> call = usable(channel).newCall(method, options(timeout));
        Answer<A> answer = new Answer<>();
        ClientCalls.asyncUnaryCall(call, request, answer);
        var unused = answer.future.whenComplete((result, problem) -> {
            if (answer.future.isCancelled()) {
                tell(() -> call.cancel("the caller cancelled it", null));
            }
        });
        return answer.future;
    }

    /**
     * A call that moves data, yet to be started. Its listener runs on the threads of the network: it must not block.
     *
     * @param readyThreshold how many bytes may wait for the network before the call is no longer ready
     */
    ClientCall<ChunkFrame<StreamSyscallRequest>, ChunkFrame<StreamSyscallChunk>> newStream(int readyThreshold) {
        return usable(channel)
                .newCall(
                        StreamMethod.DESCRIPTOR,
                        CallOptions.DEFAULT
                                .withExecutor(MoreExecutors.directExecutor())
                                .withOnReadyThreshold(readyThreshold));
    }

    /** A stream was started. It will be told when the connection is closed. */
    void joined(RemoteStream<?> stream) {
        streams.add(stream);
        if (closed) {
            stream.connectionClosed();
        }
    }

    /** A stream has ended. */
    void left(RemoteStream<?> stream) {
        streams.remove(stream);
    }

    /** How many streams have not ended. */
    int openStreams() {
        return streams.size();
    }

    /** A call that goes on answering, yet to be started. */
    <Q, A> ClientCall<Q, A> newSubscription(MethodDescriptor<Q, A> method) {
        return usable(events).newCall(method, CallOptions.DEFAULT);
    }

    /** A channel that will try to connect, even if the last attempt failed a moment ago. */
    private static ManagedChannel usable(ManagedChannel channel) {
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.enterIdle(); // forgets the failure, and how long to wait after it
        }
        return channel;
    }

    private CallOptions options(@Nullable Duration timeout) {
        Duration limit = timeout == null ? callTimeout : timeout;
        return limit == null
                ? CallOptions.DEFAULT
                : CallOptions.DEFAULT.withDeadlineAfter(WireValues.nanos(limit), TimeUnit.NANOSECONDS);
    }

    /** @throws SyscallException INVALID_ARGUMENT for a request that the server would refuse for its size */
    static void requireSendable(MessageLite request, String syscall, String subject) {
        int size = request.getSerializedSize();
        if (size > KernelServer.MAX_MESSAGE_BYTES) {
            throw Failures.tooLarge(syscall, subject, size);
        }
    }

    /** What a status means to the caller. */
    SyscallException failure(StatusRuntimeException problem, String syscall, String subject) {
        return Statuses.failure(problem, syscall, subject)
                .orElseGet(() -> ofNetwork(problem.getStatus(), syscall, subject, problem));
    }

    /** A failure that the kernel had no part in. */
    private SyscallException ofNetwork(Status status, String syscall, String subject, StatusRuntimeException problem) {
        if (status.getCode() == Status.Code.CANCELLED && !Thread.currentThread().isInterrupted()) {
            // Not by us, for then nobody would ask why it ended.
            return new SyscallException(
                    ErrorCode.UNAVAILABLE, syscall, subject, "the server broke the call off; is it stopping?", problem);
        }
        return new SyscallException(errorCode(status), syscall, subject, explanation(status), problem);
    }

    /** What gRPC itself says. A kernel's server tells its own faults in its own words. */
    private static ErrorCode errorCode(Status status) {
        return switch (status.getCode()) {
            case UNKNOWN, INTERNAL -> ErrorCode.UNAVAILABLE;
            default -> Statuses.errorCode(status.getCode());
        };
    }

    private String explanation(Status status) {
        return switch (status.getCode()) {
            case UNIMPLEMENTED ->
                "what answers at " + endpoint + " does not know this call (" + detail(status)
                        + "); is it a kernel's server, of this version or a newer one?";
            case UNKNOWN, INTERNAL ->
                "what answers at " + endpoint + " does not speak as a kernel's server does (" + detail(status)
                        + "); is this its address?";
            case UNAVAILABLE -> closed ? "the connection to the kernel is closed" : unreachable(status);
            case DEADLINE_EXCEEDED -> "no answer within the time given";
            case CANCELLED -> "the waiting thread was interrupted";
            default -> Failures.reason(status.getDescription());
        };
    }

    private String unreachable(Status status) {
        return "cannot reach the kernel at " + endpoint + " (" + detail(status)
                + "); is its server running, and is this its address?";
    }

    private static String detail(Status status) {
        Throwable cause = status.getCause();
        return Failures.reason(cause == null ? status.getDescription() : cause.getMessage());
    }

    /** The failure of every call once the connection is closed. */
    SyscallException closedFailure(String syscall, String subject) {
        return new SyscallException(ErrorCode.UNAVAILABLE, syscall, subject, "the connection to the kernel is closed");
    }

    /** Fails what waits, and ends all threads. Closing twice has no effect. An interrupt shortens the wait. */
    @Override
    public void close() {
        closed = true;
        // Those whose server is done, and whose last messages nobody has asked for yet, would never hear of it.
        streams.forEach(RemoteStream::connectionClosed);
        channel.shutdownNow();
        events.shutdownNow();
        try {
            channel.awaitTermination(5, TimeUnit.SECONDS);
            events.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        network.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        callbacks.shutdown(); // not waited for: this may be one of its threads
    }

    /** Turns the first signal of a call into a future. */
    private static final class FirstAnswer<A> implements StreamObserver<A> {
        private final CompletableFuture<A> future = new CompletableFuture<>();

        @Override
        public void onNext(A message) {
            future.complete(message);
        }

        @Override
        public void onError(Throwable problem) {
            future.completeExceptionally(problem);
        }

        @Override
        public void onCompleted() {
            future.completeExceptionally(
                    Status.INTERNAL.withDescription("there is no answer").asRuntimeException());
        }
    }

    /** Turns the two or three signals of a unary call into a future. */
    private static final class Answer<A> implements StreamObserver<A> {
        private final CompletableFuture<A> future = new CompletableFuture<>();
        private @Nullable A value; // gRPC calls one method after the other

        @Override
        public void onNext(A message) {
            value = message;
        }

        @Override
        public void onError(Throwable problem) {
            future.completeExceptionally(problem);
        }

        @Override
        public void onCompleted() {
            A answer = value;
            if (answer == null) {
                future.completeExceptionally(
                        Status.INTERNAL.withDescription("there is no answer").asRuntimeException());
            } else {
                future.complete(answer);
            }
        }
    }
}
