package dev.syscallkernel.grpc;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.proto.StreamProgress;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A stream that a client opens. Its first message decides which way the bytes go. */
final class StreamCall extends IncomingCall<ChunkFrame<StreamSyscallRequest>, ChunkFrame<StreamSyscallChunk>> {

    /** How many messages a client may send before any is taken. */
    static final int FIRST_MESSAGES = 2;

    /** One way. The methods are those of the call, and called like them: one at a time, and they must not block. */
    interface Direction {
        /** Opens what is to be streamed. Runs where it may block. */
        void open();

        /** A message after the first one has come. It has to be closed. */
        void received(ChunkFrame<StreamSyscallRequest> message);

        /** The client will send no more. */
        void halfClosed();

        /** The client can take more. */
        void ready();

        /** The call is over. Can come more than once, and at any time. */
        void release();

        /** Nothing of the call waits for the network any more. Comes once, after the release. */
        default void gone() {}
    }

    private final ServerCall<Parsed<ChunkFrame<StreamSyscallRequest>>, ChunkFrame<StreamSyscallChunk>> call;
    private final WorkPool pool;
    private final OutboundMemory outbound;
    private final InboundMemory inbound;
    private final IntFunction<KernelProcess> processes;
    private volatile @Nullable Direction direction; // written once, by the listener's methods

    private StreamCall(
            ServerCall<Parsed<ChunkFrame<StreamSyscallRequest>>, ChunkFrame<StreamSyscallChunk>> call,
            ActiveCalls active,
            WorkPool pool,
            OutboundMemory outbound,
            InboundMemory inbound,
            IntFunction<KernelProcess> processes) {
        super(call, active);
        this.call = call;
        this.pool = pool;
        this.outbound = outbound;
        this.inbound = inbound;
        this.processes = processes;
    }

    static ServerCallHandler<Parsed<ChunkFrame<StreamSyscallRequest>>, ChunkFrame<StreamSyscallChunk>> handler(
            ActiveCalls active, WorkPool pool, IntFunction<KernelProcess> processes) {
        OutboundMemory outbound = new OutboundMemory();
        InboundMemory inbound = new InboundMemory();
        return (ServerCall<Parsed<ChunkFrame<StreamSyscallRequest>>, ChunkFrame<StreamSyscallChunk>> incoming,
                Metadata headers) -> {
            // The second one is the next chunk, waiting while the first one is written; or an error in a read.
            incoming.request(FIRST_MESSAGES);
            return new StreamCall(incoming, active, pool, outbound, inbound, processes).begin();
        };
    }

    @Override
    void received(ChunkFrame<StreamSyscallRequest> message) {
        if (isOver()) {
            message.close(); // it was under way when the call failed
            return;
        }
        Direction known = direction;
        if (known != null) {
            known.received(message);
            return;
        }
        Direction chosen = choose(message);
        direction = chosen;
        int size = message.message().getSerializedSize() + message.chunkSize();
        if (!pool.tryRun(size, () -> guarded(chosen::open))) {
            throw Failures.overloaded();
        }
    }

    private Direction choose(ChunkFrame<StreamSyscallRequest> message) {
        try {
            return switch (message.message().getRequestCase()) {
                case READ -> ReadStream.ofFile(this, pool, outbound, message.message());
                case WRITE -> new WriteStream(this, pool, inbound, message);
                case PROCESS_OUTPUT -> ReadStream.ofOutput(this, pool, outbound, message.message());
                case PROCESS_INPUT -> new FeedStream(this, pool, inbound, message.message());
                case REQUEST_NOT_SET ->
                    throw Failures.malformed(
                            "stream_syscall", "the first message asks for no stream that this server knows");
            };
        } catch (RuntimeException refusal) {
            message.close();
            throw refusal;
        }
    }

    @Override
    void halfClosed() {
        Direction known = direction;
        if (known != null) {
            known.halfClosed();
        }
    }

    @Override
    void ready() {
        Direction known = direction;
        if (known != null) {
            known.ready();
        }
    }

    @Override
    void release() {
        Direction known = direction;
        if (known != null) {
            known.release();
        }
    }

    @Override
    void gone() {
        Direction known = direction;
        if (known != null) {
            known.gone();
        }
    }

    @Override
    ChunkFrame<StreamSyscallChunk> farewell(Status failure) {
        return ChunkFrame.of(StreamSyscallChunk.newBuilder()
                .setError(Failures.reason(failure.getDescription()))
                .build());
    }

    /** Starts the call that opens a stream. */
    <R> CompletableFuture<R> execute(int pid, Syscall<R> opening) {
        return processes.apply(pid).executeAsync(opening, KernelService.UNLIMITED);
    }

    /** Asks for more messages. */
    void request(int messages) {
        call.request(messages);
    }

    /** Sets how many bytes may wait for the network before the call is no longer ready. */
    void readyThreshold(int bytes) {
        call.setOnReadyThreshold(bytes);
    }

    void send(StreamSyscallChunk message) {
        send(ChunkFrame.of(message));
    }

    void sendProgress(long bytes, OptionalLong total) {
        StreamProgress.Builder progress = StreamProgress.newBuilder().setBytes(bytes);
        total.ifPresent(progress::setTotalBytes);
        send(StreamSyscallChunk.newBuilder().setProgress(progress).build());
    }
}
