package dev.syscallkernel.grpc;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import java.util.OptionalLong;
import java.util.Set;

/** The syscalls that open streams: each has an RPC to itself. */
final class StreamCodec {
    private static final String STREAM_READ = "stream_read";

    private StreamCodec() {}

    /** The kinds of syscalls that travel as first messages of streams. */
    static Set<Class<?>> types() {
        return Set.of(OpenReader.class);
    }

    static boolean opensStream(Syscall<?> call) {
        return types().contains(call.getClass());
    }

    /** @throws SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static StreamSyscallRequest encode(int pid, OpenReader call) {
        ReadOptions options = call.options();
        try {
            StreamFileRead.Builder read = StreamFileRead.newBuilder()
                    .setPath(WireValues.text(call.path()))
                    .setChunkSize(options.chunkSize())
                    .setOffset(options.offset());
            options.length().ifPresent(read::setLength);
            return StreamSyscallRequest.newBuilder().setPid(pid).setRead(read).build();
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(call.name(), call.subject(), refusal);
        }
    }

    /** @throws SyscallException INVALID_ARGUMENT for an unknown request, and for one that makes no sense */
    static OpenReader decode(StreamSyscallRequest request) {
        if (!request.hasRead()) {
            throw Failures.malformed("stream_syscall", "the first message asks for no stream that this server knows");
        }
        StreamFileRead read = request.getRead();
        try {
            return new OpenReader(read.getPath(), options(read));
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(STREAM_READ, read.getPath(), refusal);
        }
    }

    private static ReadOptions options(StreamFileRead read) {
        int chunkSize = read.getChunkSize() == 0 ? ReadOptions.DEFAULT_CHUNK_SIZE : read.getChunkSize();
        return new ReadOptions(
                chunkSize,
                WireValues.positive(read.getOffset(), "offset"),
                read.hasLength() ? OptionalLong.of(WireValues.saturated(read.getLength())) : OptionalLong.empty());
    }
}
