package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamFileWrite;
import dev.syscallkernel.proto.StreamStarted;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A file on its way from a client. Chunks are asked for when the kernel has taken those before, so no more than eight are
 * in memory, or two large ones, or fewer where many streams share it: the one that is being written, and those that wait.
 * While the client sends nothing, the stream holds no thread.
 *
 * <p>The writer is only used in turns, by one thread at a time. A stream that ends early is closed in a turn too: after
 * what is being written, and before anything else.
 */
final class WriteStream implements StreamCall.Direction {
    /** After how many bytes a fast stream lets others have the thread. */
    private static final int TURN_BYTES = 1 << 20;

    /** Where chunks are put together, outside the heap, because files are written from there. One for each thread. */
    private static final ThreadLocal<ByteBuffer> WHOLE =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(ReadOptions.DEFAULT_CHUNK_SIZE));

    private final StreamCall call;
    private final InboundMemory.Share memory;
    private final Turns turns;
    private final int pid;
    private final OpenWriter opening;
    private final Pulse pulse;
    private final Object lock = new Object();
    private final Queue<ChunkFrame<StreamSyscallRequest>> inbox = new ArrayDeque<>(2); // guarded by lock
    private boolean finishing; // guarded by lock; the message that finishes the stream has come
    private boolean committing; // guarded by lock; and it can no longer be taken back
    private boolean halfClosed; // guarded by lock
    private boolean refused; // guarded by lock; a message was, so nothing will be published
    private boolean released; // guarded by lock
    private @Nullable CompletableFuture<StreamingWriter> future; // guarded by lock
    private @Nullable StreamingWriter writer; // guarded by lock
    private int expected = StreamCall.FIRST_MESSAGES; // messages asked for and not yet taken; used in turns only

    /**
     * @param first is owned by the stream, unless this throws
     * @throws SyscallException INVALID_ARGUMENT for a request that makes no sense; RESOURCE_EXHAUSTED if all streams
     *     together keep too much in memory
     */
    WriteStream(StreamCall call, WorkPool pool, InboundMemory inbound, ChunkFrame<StreamSyscallRequest> first) {
        StreamFileWrite write = first.message().getWrite();
        this.call = call;
        this.turns = new Turns(pool, this::takeTurn);
        this.pid = first.message().getPid();
        this.opening = untilReleased(StreamCodec.decode(write));
        this.memory = inbound.join(opening);
        this.pulse = new Pulse(write.getProgress());
        requireSense(first);
        this.finishing = write.getFinish();
        memory.arrived(first.chunkSize());
        inbox.add(first);
    }

    /** Taking up an upload sums what there is of it, which can take long: but not for a client that has left. */
    private OpenWriter untilReleased(OpenWriter asked) {
        return new OpenWriter(asked.path(), asked.options().withProgress(progress -> {
            synchronized (lock) {
                if (released && writer == null) {
                    throw new SyscallException(
                            ErrorCode.CANCELLED, asked.name(), asked.subject(), "the client has left");
                }
            }
        }));
    }

    @Override
    public void open() {
        CompletableFuture<StreamingWriter> started = call.execute(pid, opening);
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

    private void begin(StreamingWriter opened) {
        if (pulse.wanted() || opening.options().uploadId().isPresent()) {
            call.send(StreamSyscallChunk.newBuilder()
                    .setStarted(StreamStarted.newBuilder()
                            .setChunkSize(ReadOptions.DEFAULT_CHUNK_SIZE)
                            .setUploadId(opening.options().uploadId().orElse(""))
                            .setCommittedBytes(opened.committedBytes()))
                    .build());
        }
        synchronized (lock) {
            writer = opened; // to be closed in a turn if the client left meanwhile
        }
        turns.wish();
    }

    @Override
    public void received(ChunkFrame<StreamSyscallRequest> message) {
        boolean kept = false;
        try {
            kept = keep(message);
        } finally {
            if (!kept) {
                message.close();
            }
        }
        turns.wish();
    }

    /** Called under lock. */
    private void requireSense(ChunkFrame<StreamSyscallRequest> message) {
        if (finishing) {
            throw refusal("there is a message after the one with 'finish'");
        }
        StreamSyscallRequest request = message.message();
        String path = request.getWrite().getPath();
        if (!request.hasWrite()) {
            throw refusal("the stream writes a file, and a later message asks for something else");
        }
        if (request.getPid() != 0 && request.getPid() != pid) {
            throw refusal("a later message names another process than the first one");
        }
        if (!path.isEmpty() && !path.equals(opening.path())) {
            throw refusal("a later message names another path than the first one");
        }
        if (message.chunkSize() > ReadOptions.MAX_CHUNK_SIZE) {
            throw refusal("a chunk has at most " + ReadOptions.MAX_CHUNK_SIZE + " bytes, not " + message.chunkSize());
        }
    }

    /** Returns whether the message is kept: not if nobody will look at it any more. */
    private boolean keep(ChunkFrame<StreamSyscallRequest> message) {
        synchronized (lock) {
            if (released || committing) {
                return false;
            }
            try {
                requireSense(message);
                memory.arrived(message.chunkSize());
            } catch (SyscallException refusal) {
                refused = true; // at once: what is refused must not be published before the call has failed
                throw refusal;
            }
            finishing = message.message().getWrite().getFinish();
            return inbox.add(message);
        }
    }

    private SyscallException refusal(String reason) {
        return new SyscallException(ErrorCode.INVALID_ARGUMENT, opening.name(), opening.subject(), reason);
    }

    @Override
    public void halfClosed() {
        synchronized (lock) {
            halfClosed = true;
        }
        turns.wish();
    }

    @Override
    public void ready() {}

    /** Writes what has come, but not for too long. */
    private boolean takeTurn() {
        for (int bytes = 0; bytes < TURN_BYTES; ) {
            StreamingWriter open;
            ChunkFrame<StreamSyscallRequest> next;
            synchronized (lock) {
                open = writer;
                next = open == null ? null : inbox.poll();
            }
            if (open == null || next == null) {
                call.guarded(this::closeIfOver);
                return false;
            }
            bytes += next.chunkSize();
            take(open, next);
        }
        return true;
    }

    private void take(StreamingWriter open, ChunkFrame<StreamSyscallRequest> next) {
        StreamFileWrite message = next.message().getWrite();
        int size = next.chunkSize();
        try {
            try (next) {
                write(open, next, message);
            } finally {
                memory.taken(size);
            }
            if (message.getFinish()) {
                commit(open);
            } else {
                requestMore();
                tellProgress(open);
            }
        } catch (Throwable problem) { // also errors: the client would wait forever
            call.fail(problem);
        }
    }

    /** Lets the client send more when half of what it may has come. */
    private void requestMore() {
        int ahead = memory.ahead();
        expected--;
        if (expected <= ahead / 2) {
            call.request(ahead - expected);
            expected = ahead;
        }
    }

    private static void write(StreamingWriter open, ChunkFrame<StreamSyscallRequest> frame, StreamFileWrite message) {
        ByteBuffer chunk = frame.bytes() == null ? whole(frame) : frame.bytes();
        if (message.hasCrc32C()) {
            open.write(chunk, message.getCrc32C());
        } else if (chunk.hasRemaining()) {
            open.write(chunk);
        }
    }

    private static ByteBuffer whole(ChunkFrame<StreamSyscallRequest> frame) {
        ByteBuffer buffer = WHOLE.get();
        if (buffer.capacity() < frame.chunkSize()) {
            buffer = ByteBuffer.allocateDirect(frame.chunkSize());
            WHOLE.set(buffer);
        }
        frame.copyChunk(buffer.clear());
        return buffer.flip();
    }

    private void tellProgress(StreamingWriter open) {
        if (call.isReady() && pulse.isDue()) { // a client that reads nothing learns nothing
            call.sendProgress(open.committedBytes(), OptionalLong.empty());
        }
    }

    private void commit(StreamingWriter open) {
        synchronized (lock) {
            if (released || refused) {
                return; // a message after the last one, or a client that left
            }
            committing = true;
        }
        WriteSummary summary = open.commit();
        synchronized (lock) {
            writer = null;
        }
        if (pulse.wanted()) {
            call.sendProgress(summary.totalBytes(), OptionalLong.of(summary.totalBytes()));
        }
        call.complete(ChunkFrame.of(StreamSyscallChunk.newBuilder()
                .setComplete(StreamComplete.newBuilder()
                        .setTotalBytes(summary.totalBytes())
                        .setCrc32C(summary.crc32c()))
                .build()));
    }

    /** Closes the writer, without a commit, if there will be none. */
    private void closeIfOver() {
        StreamingWriter open;
        boolean abandoned;
        synchronized (lock) {
            abandoned = halfClosed && !released && !committing;
            if (writer == null || !inbox.isEmpty() || !(released || abandoned)) {
                return;
            }
            open = writer;
            writer = null;
        }
        open.close();
        if (abandoned) {
            call.fail(new SyscallException(
                    ErrorCode.CANCELLED,
                    opening.name(),
                    opening.subject(),
                    "the client ended the stream without 'finish', so nothing was published"));
        }
    }

    /** Drops what has come, and has the writer closed, or prevents it from being opened. */
    @Override
    public void release() {
        CompletableFuture<StreamingWriter> started;
        List<ChunkFrame<StreamSyscallRequest>> left;
        synchronized (lock) {
            released = true;
            started = writer == null ? future : null;
            left = new ArrayList<>(inbox);
            inbox.clear();
        }
        left.forEach(ChunkFrame::close);
        if (started != null) {
            started.cancel(false);
        }
        turns.wish();
    }

    @Override
    public void gone() {
        memory.leave();
    }
}
