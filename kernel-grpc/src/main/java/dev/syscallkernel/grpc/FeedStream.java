package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamProcessInput;
import dev.syscallkernel.proto.StreamStarted;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Input for a program on its way from a client. The next message is asked for when the program's pipe has taken the one
 * before. A program may never read: so only as much is written at a time as the pipe takes without waiting, and the
 * stream holds no thread meanwhile.
 */
final class FeedStream implements StreamCall.Direction {
    /** How much a writer takes over at a time. */
    private static final int PIECE = 64 << 10;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final StreamCall call;
    private final InboundMemory.Share memory;
    private final Turns turns;
    private final int pid;
    private final OpenProcessInput opening;
    private final Pulse pulse;
    private final Object lock = new Object();
    private final Queue<StreamProcessInput> inbox = new ArrayDeque<>(2); // guarded by lock
    private boolean halfClosed; // guarded by lock
    private boolean released; // guarded by lock
    private @Nullable CompletableFuture<StreamingWriter> future; // guarded by lock
    private @Nullable StreamingWriter writer; // guarded by lock

    // Used in turns only.
    private ByteBuffer current = NOTHING;
    private int currentSize;
    private boolean finishing;
    private long told;

    /**
     * @throws SyscallException INVALID_ARGUMENT for a request that makes no sense; RESOURCE_EXHAUSTED if all streams
     *     together keep too much in memory
     */
    FeedStream(StreamCall call, WorkPool pool, InboundMemory inbound, StreamSyscallRequest first) {
        this.call = call;
        this.turns = new Turns(pool, this::takeTurn);
        this.pid = first.getPid();
        this.opening = StreamCodec.decode(first.getProcessInput());
        this.memory = inbound.join(opening);
        this.pulse = new Pulse(first.getProcessInput().getProgress());
        requireSense(first);
        memory.arrived(first.getProcessInput().getChunk().size());
        inbox.add(first.getProcessInput());
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
        if (pulse.wanted()) {
            call.send(StreamSyscallChunk.newBuilder()
                    .setStarted(StreamStarted.newBuilder().setChunkSize(ReadOptions.DEFAULT_CHUNK_SIZE))
                    .build());
        }
        synchronized (lock) {
            writer = opened; // to be closed in a turn if the client left meanwhile
        }
        turns.wish();
    }

    @Override
    public void received(ChunkFrame<StreamSyscallRequest> message) {
        try (message) {
            requireSense(message.message());
            StreamProcessInput input = message.message().getProcessInput();
            synchronized (lock) {
                if (!released) {
                    memory.arrived(input.getChunk().size());
                    inbox.add(input);
                }
            }
        }
        turns.wish();
    }

    private void requireSense(StreamSyscallRequest request) {
        StreamProcessInput input = request.getProcessInput();
        if (!request.hasProcessInput()) {
            throw refusal("the stream writes to a program, and a later message asks for something else");
        }
        if (request.getPid() != 0 && request.getPid() != pid) {
            throw refusal("a later message names another process than the first one");
        }
        if (input.getTargetPid() != 0
                && input.getTargetPid() != opening.target().value()) {
            throw refusal("a later message names another program than the first one");
        }
        if (input.getChunk().size() > ReadOptions.MAX_CHUNK_SIZE) {
            throw refusal("a chunk has at most " + ReadOptions.MAX_CHUNK_SIZE + " bytes, not "
                    + input.getChunk().size());
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

    private boolean takeTurn() {
        StreamingWriter open;
        boolean abandoned;
        synchronized (lock) {
            open = writer;
            abandoned = released;
        }
        if (open == null) {
            return false;
        }
        if (abandoned) {
            current = NOTHING; // the pipe may keep this stream until its program reads or ends
            currentSize = 0;
            close(open);
            return false;
        }
        CompletableFuture<?> taken = open.ready();
        if (!taken.isDone()) {
            var unused = taken.whenComplete((nothing, problem) -> turns.wish());
            return false;
        }
        try {
            return step(open);
        } catch (Throwable problem) { // also errors: the client would wait forever
            call.fail(problem);
            return false;
        }
    }

    /** Writes a piece, or what comes next. Returns whether there may be more to do. */
    private boolean step(StreamingWriter open) {
        if (current.hasRemaining()) {
            int count = Math.min(PIECE, current.remaining());
            ByteBuffer piece = current.slice(current.position(), count);
            open.write(piece);
            current.position(current.position() + count);
            return true;
        }
        memory.taken(currentSize);
        currentSize = 0;
        current = NOTHING;
        if (finishing) {
            commit(open);
            return false;
        }
        StreamProcessInput next;
        boolean last;
        synchronized (lock) {
            next = inbox.poll();
            last = halfClosed;
        }
        if (next != null) {
            take(next);
            return true;
        }
        tellProgress(open);
        if (last) {
            long total = open.committedBytes();
            close(open);
            complete(StreamComplete.newBuilder().setTotalBytes(total));
        }
        return false;
    }

    private void take(StreamProcessInput message) {
        current = message.getChunk().asReadOnlyByteBuffer();
        currentSize = message.getChunk().size();
        finishing = message.getFinish();
        if (message.hasCrc32C()) {
            CRC32C actual = new CRC32C();
            actual.update(current.duplicate());
            if ((int) actual.getValue() != message.getCrc32C()) {
                throw new SyscallException(
                        ErrorCode.DATA_LOSS,
                        opening.name(),
                        opening.subject(),
                        "a chunk has another checksum than was announced");
            }
        }
        call.request(1);
    }

    private void tellProgress(StreamingWriter open) {
        long committed = open.committedBytes();
        if (pulse.wanted() && committed != told && call.isReady()) {
            told = committed;
            call.sendProgress(committed, OptionalLong.empty());
        }
    }

    private void commit(StreamingWriter open) {
        WriteSummary summary = open.commit();
        synchronized (lock) {
            writer = null;
        }
        complete(StreamComplete.newBuilder().setTotalBytes(summary.totalBytes()).setCrc32C(summary.crc32c()));
    }

    private void complete(StreamComplete.Builder complete) {
        call.complete(ChunkFrame.of(
                StreamSyscallChunk.newBuilder().setComplete(complete).build()));
    }

    private void close(StreamingWriter open) {
        synchronized (lock) {
            writer = null;
        }
        open.close();
    }

    /** Has the writer closed, or prevents it from being opened. */
    @Override
    public void release() {
        CompletableFuture<StreamingWriter> started;
        synchronized (lock) {
            released = true;
            started = writer == null ? future : null;
            inbox.clear();
        }
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
