package dev.syscallkernel.grpc;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamFileWrite;
import dev.syscallkernel.proto.StreamProcessInput;
import dev.syscallkernel.proto.StreamProcessOutput;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.proto.UploadStatusRequest;
import dev.syscallkernel.proto.UploadStatusResponse;
import dev.syscallkernel.stream.ProgressListener;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.UploadStatus;
import dev.syscallkernel.stream.WriteOptions;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.Set;

/** The syscalls around streams, which have RPCs of their own. */
final class StreamCodec {
    private static final String STREAM_READ = "stream_read";
    private static final String STREAM_WRITE = "stream_write";

    private StreamCodec() {}

    /** The kinds of syscalls that do not travel as members of a request. */
    static Set<Class<?>> types() {
        return Set.of(
                OpenReader.class,
                OpenWriter.class,
                OpenProcessOutput.class,
                OpenProcessInput.class,
                GetUploadStatus.class);
    }

    /** @throws SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static StreamSyscallRequest encode(int pid, OpenReader call) {
        ReadOptions options = call.options();
        try {
            StreamFileRead.Builder read = StreamFileRead.newBuilder()
                    .setPath(WireValues.text(call.path()))
                    .setChunkSize(options.chunkSize())
                    .setOffset(options.offset())
                    .setChecksum(options.checksum())
                    .setProgress(true); // tells how much there is to read, whoever hears it
            options.length().ifPresent(read::setLength);
            return StreamSyscallRequest.newBuilder().setPid(pid).setRead(read).build();
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(call.name(), call.subject(), refusal);
        }
    }

    /** @throws SyscallException INVALID_ARGUMENT for a request that makes no sense */
    static OpenReader decode(StreamFileRead read) {
        try {
            return new OpenReader(read.getPath(), options(read));
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(STREAM_READ, read.getPath(), refusal);
        }
    }

    private static ReadOptions options(StreamFileRead read) {
        return new ReadOptions(
                read.getChunkSize() == 0 ? ReadOptions.DEFAULT_CHUNK_SIZE : read.getChunkSize(),
                WireValues.positive(read.getOffset(), "offset"),
                read.hasLength() ? OptionalLong.of(WireValues.saturated(read.getLength())) : OptionalLong.empty(),
                read.getChecksum(),
                ProgressListener.NONE);
    }

    static StreamSyscallRequest encode(int pid, OpenProcessOutput call) {
        ReadOptions options = call.options();
        StreamProcessOutput.Builder output = StreamProcessOutput.newBuilder()
                .setTargetPid(call.target().value())
                .setOutput(WireEnums.toWire(call.output()))
                .setChunkSize(options.chunkSize())
                .setOffset(options.offset())
                .setChecksum(options.checksum())
                .setProgress(true); // tells that the output is open, even if there is none yet
        options.length().ifPresent(output::setLength);
        return StreamSyscallRequest.newBuilder()
                .setPid(pid)
                .setProcessOutput(output)
                .build();
    }

    /** @throws SyscallException INVALID_ARGUMENT for a request that makes no sense */
    static OpenProcessOutput decode(StreamProcessOutput output) {
        try {
            ReadOptions options = new ReadOptions(
                    output.getChunkSize() == 0 ? ReadOptions.DEFAULT_CHUNK_SIZE : output.getChunkSize(),
                    WireValues.positive(output.getOffset(), "offset"),
                    output.hasLength()
                            ? OptionalLong.of(WireValues.saturated(output.getLength()))
                            : OptionalLong.empty(),
                    output.getChecksum(),
                    ProgressListener.NONE);
            return new OpenProcessOutput(
                    ProcessCalls.target(output.getTargetPid()), WireEnums.fromWire(output.getOutput()), options);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid("process_output", Integer.toUnsignedString(output.getTargetPid()), refusal);
        }
    }

    static StreamSyscallRequest encode(int pid, OpenProcessInput call) {
        return StreamSyscallRequest.newBuilder()
                .setPid(pid)
                .setProcessInput(StreamProcessInput.newBuilder()
                        .setTargetPid(call.target().value())
                        .setProgress(true)) // tells that the input is open, and how much of it the program has
                .build();
    }

    /** @throws SyscallException INVALID_ARGUMENT for a request that makes no sense */
    static OpenProcessInput decode(StreamProcessInput input) {
        try {
            return new OpenProcessInput(ProcessCalls.target(input.getTargetPid()));
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid("process_input", Integer.toUnsignedString(input.getTargetPid()), refusal);
        }
    }

    /** @throws SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static StreamSyscallRequest encode(int pid, OpenWriter call) {
        WriteOptions options = call.options();
        try {
            StreamFileWrite.Builder write = StreamFileWrite.newBuilder()
                    .setPath(WireValues.text(call.path()))
                    .setMode(WireEnums.toWire(options.mode()))
                    .setOffset(options.offset())
                    .setSync(options.sync())
                    .setProgress(true); // tells that the file is open, and how much of it has arrived
            options.uploadId().map(WireValues::text).ifPresent(write::setUploadId);
            return StreamSyscallRequest.newBuilder().setPid(pid).setWrite(write).build();
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(call.name(), call.subject(), refusal);
        }
    }

    /** @throws SyscallException INVALID_ARGUMENT for a request that makes no sense */
    static OpenWriter decode(StreamFileWrite write) {
        try {
            return new OpenWriter(write.getPath(), options(write));
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(STREAM_WRITE, write.getPath(), refusal);
        }
    }

    private static WriteOptions options(StreamFileWrite write) {
        return new WriteOptions(
                WireEnums.fromWire(write.getMode()),
                write.getUploadId().isEmpty() ? null : write.getUploadId(),
                WireValues.positive(write.getOffset(), "offset"),
                write.getSync(),
                ProgressListener.NONE);
    }

    /** @throws SyscallException INVALID_ARGUMENT for what the wire cannot express */
    static UploadStatusRequest encode(int pid, GetUploadStatus call) {
        try {
            return UploadStatusRequest.newBuilder()
                    .setPid(pid)
                    .setUploadId(WireValues.text(call.uploadId()))
                    .build();
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(call.name(), call.subject(), refusal);
        }
    }

    static UploadStatusResponse toWire(UploadStatus status) {
        return UploadStatusResponse.newBuilder()
                .setCommittedBytes(status.committedBytes())
                .setPath(status.path())
                .setExpiresAtMs(status.expiresAt().toEpochMilli())
                .build();
    }

    static UploadStatus fromWire(UploadStatusResponse status) {
        return new UploadStatus(
                status.getPath(), status.getCommittedBytes(), Instant.ofEpochMilli(status.getExpiresAtMs()));
    }
}
