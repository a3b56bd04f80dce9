package dev.syscallkernel.grpc;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamStarted;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamingReader;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A file, or the output of a program, on its way to a client. A chunk is read only when the one before has left for the network, by whatever thread
 * of the pool is free. While the client takes nothing, the stream holds no thread.
 */
final class ReadStream implements StreamCall.Direction {
    /** After how many bytes a fast stream lets others have the thread. */
    private static final int TURN_BYTES = 1 << 20;

    private final StreamCall call;
    private final OutboundMemory memory;
    private final Turns turns;
    private final int pid;
    private final Syscall<StreamingReader> opening;
    private final ReadOptions options;
    private final Pulse pulse;
    private final Object lock = new Object();
    private @Nullable CompletableFuture<StreamingReader> future; // guarded by lock
    private @Nullable StreamingReader reader; // guarded by lock
    private boolean released; // guarded by lock

    /**
     * @param options those of the call that opens what is to be read
     * @param progress whether the client wants to hear how far the stream has got
     * @throws dev.syscallkernel.SyscallException RESOURCE_EXHAUSTED if all streams together keep too much in memory
     */
    private ReadStream(
            StreamCall call,
            WorkPool pool,
            OutboundMemory memory,
            int pid,
            Syscall<StreamingReader> opening,
            ReadOptions options,
            boolean progress) {
        this.call = call;
        this.memory = memory;
        this.turns = new Turns(pool, this::takeTurn);
        this.pid = pid;
        this.opening = opening;
        this.options = options;
        this.pulse = new Pulse(progress);
        call.readyThreshold(memory.join(options.chunkSize()));
    }

    /** @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for a request that makes no sense */
    static ReadStream ofFile(StreamCall call, WorkPool pool, OutboundMemory memory, StreamSyscallRequest request) {
        OpenReader opening = StreamCodec.decode(request.getRead());
        boolean progress = request.getRead().getProgress();
        return new ReadStream(call, pool, memory, request.getPid(), opening, opening.options(), progress);
    }

    /** @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for a request that makes no sense */
    static ReadStream ofOutput(StreamCall call, WorkPool pool, OutboundMemory memory, StreamSyscallRequest request) {
        OpenProcessOutput opening = StreamCodec.decode(request.getProcessOutput());
        boolean progress = request.getProcessOutput().getProgress();
        return new ReadStream(call, pool, memory, request.getPid(), opening, opening.options(), progress);
    }

    @Override
    public void open() {
        CompletableFuture<StreamingReader> started = call.execute(pid, opening);
        synchronized (lock) {
            future = started;
        }
        if (call.isCancelled()) {
            started.cancel(false);
        }
        var unused = started.whenComplete((opened, problem) -> call.guarded(() -> {
            if (problem != null) {
                call.fail(problem);
            } else {
                begin(opened);
            }
        }));
    }

    private void begin(StreamingReader opened) {
        boolean late;
        synchronized (lock) {
            late = released;
            reader = late ? null : opened;
        }
        if (late) {
            opened.close(); // the client left while the file was being opened
            return;
        }
        if (pulse.wanted()) {
            StreamStarted.Builder started = StreamStarted.newBuilder().setChunkSize(options.chunkSize());
            opened.totalBytes().ifPresent(started::setTotalBytes);
            call.send(StreamSyscallChunk.newBuilder().setStarted(started).build());
        }
        turns.wish();
    }

    @Override
    public void received(ChunkFrame<StreamSyscallRequest> message) {
        message.close();
        throw Failures.malformed(opening.name(), "there is a second message in a stream that only reads");
    }

    @Override
    public void halfClosed() {}

    @Override
    public void ready() {
        turns.wish();
    }

    /** Sends while the client takes it, but not for too long. */
    private boolean takeTurn() {
        StreamingReader current;
        synchronized (lock) {
            current = reader;
        }
        if (current == null) {
            return false;
        }
        try {
            return transfer(current);
        } catch (Throwable problem) { // also errors: the client would wait forever
            call.fail(problem);
            return false;
        }
    }

    private boolean transfer(StreamingReader from) {
        long turnEnd = from.bytesRead() + TURN_BYTES;
        while (call.isReady()) {
            if (from.bytesRead() >= turnEnd) {
                return true;
            }
            var ready = from.ready();
            if (!ready.isDone()) {
                var unused = ready.whenComplete((nothing, problem) -> turns.wish());
                return false; // nor does it hold a thread while there is nothing to read
            }
            if (!from.next()) {
                end(from);
                return false;
            }
            // Not copied: gRPC has written the frame into its own buffers when this returns.
            call.send(ChunkFrame.of(StreamSyscallChunk.getDefaultInstance(), from.chunk()));
            if (pulse.isDue()) {
                call.sendProgress(from.bytesRead(), from.totalBytes());
            }
        }
        return false;
    }

    private void end(StreamingReader from) {
        if (pulse.wanted()) {
            call.sendProgress(from.bytesRead(), from.totalBytes());
        }
        StreamComplete.Builder complete = StreamComplete.newBuilder().setTotalBytes(from.bytesRead());
        if (options.checksum()) {
            complete.setCrc32C(from.crc32c());
        }
        release();
        call.complete(ChunkFrame.of(
                StreamSyscallChunk.newBuilder().setComplete(complete).build()));
    }

    /** Closes the file, or prevents it from being opened. A waiting {@code next} ends. */
    @Override
    public void release() {
        CompletableFuture<StreamingReader> started;
        StreamingReader open;
        synchronized (lock) {
            released = true;
            started = future;
            open = reader;
            reader = null;
        }
        if (open != null) {
            open.close();
        } else if (started != null) {
            started.cancel(false);
        }
    }

    /** Only now: of a stream that was read to its end, the last chunks have waited for a client that takes its time. */
    @Override
    public void gone() {
        memory.leave(options.chunkSize());
    }
}
