package dev.syscallkernel.grpc;

import com.google.protobuf.UnsafeByteOperations;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamingReader;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A file on its way to a client. A chunk is read only when the one before has left for the network, by whatever thread
 * of the pool is free, and by one at a time. While the client takes nothing, the stream holds no thread.
 *
 * <p>Every wish to go on is counted in {@code wishes}: the first one hires a thread, which works until it has satisfied
 * all that came meanwhile. So no signal is lost, and two signals never make two threads work.
 */
final class ReadStream extends IncomingCall<StreamSyscallRequest, StreamSyscallChunk> {
    /** How many chunks may wait for the network before the next one is read. */
    private static final int CHUNKS_AHEAD = 2;

    /** After how many bytes a fast stream lets others have the thread. */
    private static final int TURN_BYTES = 512 << 10;

    private final ServerCall<Parsed<StreamSyscallRequest>, StreamSyscallChunk> call;
    private final WorkPool pool;
    private final IntFunction<KernelProcess> processes;
    private final AtomicInteger wishes = new AtomicInteger();
    private final Object lock = new Object();
    private @Nullable CompletableFuture<StreamingReader> opening; // guarded by lock
    private @Nullable StreamingReader reader; // guarded by lock
    private boolean released; // guarded by lock

    private ReadStream(
            ServerCall<Parsed<StreamSyscallRequest>, StreamSyscallChunk> call,
            ActiveCalls active,
            WorkPool pool,
            IntFunction<KernelProcess> processes) {
        super(call, active);
        this.call = call;
        this.pool = pool;
        this.processes = processes;
    }

    static ServerCallHandler<Parsed<StreamSyscallRequest>, StreamSyscallChunk> handler(
            ActiveCalls active, WorkPool pool, IntFunction<KernelProcess> processes) {
        return (ServerCall<Parsed<StreamSyscallRequest>, StreamSyscallChunk> incoming, Metadata headers) -> {
            incoming.request(1); // a read needs no second message, so none is asked for
            return new ReadStream(incoming, active, pool, processes).begin();
        };
    }

    @Override
    void received(StreamSyscallRequest request) {
        OpenReader open = StreamCodec.decode(request);
        call.setOnReadyThreshold(CHUNKS_AHEAD * open.options().chunkSize());
        if (!pool.tryRun(request.getSerializedSize(), () -> guarded(() -> open(request.getPid(), open)))) {
            throw Failures.overloaded();
        }
    }

    private void open(int pid, OpenReader call) {
        CompletableFuture<StreamingReader> future = processes.apply(pid).executeAsync(call, KernelService.UNLIMITED);
        synchronized (lock) {
            opening = future;
        }
        if (isCancelled()) {
            future.cancel(false);
        }
        var unused = future.whenComplete((opened, problem) -> guarded(() -> {
            if (problem != null) {
                end(problem);
            } else {
                begin(opened);
            }
        }));
    }

    private void begin(StreamingReader opened) {
        synchronized (lock) {
            reader = opened;
        }
        if (isCancelled()) {
            release(); // the client left while the file was being opened
        } else {
            goOn();
        }
    }

    @Override
    void ready() {
        goOn();
    }

    private void goOn() {
        if (wishes.getAndIncrement() == 0) {
            pool.resume(this::work);
        }
    }

    private void work() {
        int satisfied = wishes.get();
        while (satisfied != 0) {
            if (takeTurn()) {
                pool.resume(this::work);
                return;
            }
            satisfied = wishes.addAndGet(-satisfied);
        }
    }

    /** Sends while the client takes it, but not for too long: true if there is more to do at once. */
    private boolean takeTurn() {
        StreamingReader current;
        synchronized (lock) {
            current = released ? null : reader;
        }
        if (current == null) {
            return false;
        }
        try {
            return transfer(current);
        } catch (Throwable problem) { // also errors: the client would wait forever
            end(problem);
            return false;
        }
    }

    private boolean transfer(StreamingReader from) {
        long turnEnd = from.bytesRead() + TURN_BYTES;
        while (isReady()) {
            if (from.bytesRead() >= turnEnd) {
                return true;
            }
            if (!from.next()) {
                end(from.bytesRead());
                return false;
            }
            // Not copied: gRPC has written the message into its own buffers when this returns.
            send(StreamSyscallChunk.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(from.chunk()))
                    .build());
        }
        return false;
    }

    private void end(long totalBytes) {
        release();
        send(StreamSyscallChunk.newBuilder()
                .setComplete(StreamComplete.newBuilder().setTotalBytes(totalBytes))
                .build());
        complete();
    }

    private void end(Throwable problem) {
        release();
        Throwable cause = Futures.cause(problem);
        if (!isCancelled()) {
            send(StreamSyscallChunk.newBuilder()
                    .setError(Failures.reason(Statuses.of(cause).getStatus().getDescription()))
                    .build());
        }
        fail(cause);
    }

    /** Closes the file, or prevents it from being opened. A waiting {@code next} ends. */
    @Override
    void release() {
        CompletableFuture<StreamingReader> future;
        StreamingReader open;
        synchronized (lock) {
            released = true;
            future = opening;
            open = reader;
            reader = null;
        }
        if (open != null) {
            open.close();
        } else if (future != null) {
            future.cancel(false);
        }
    }
}
