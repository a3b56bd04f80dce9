package dev.syscallkernel.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request, or why it could not be parsed. A marshaller that throws ends the call inside gRPC, as UNKNOWN; what it
 * returns can be answered.
 */
record Parsed<T>(@Nullable T request, @Nullable RuntimeException problem) {
    private static final String OPERATION = "parse_request";

    /** How much a message of a stream may have beside its chunk: a path, mostly, and the longest there is. */
    private static final int MAX_AROUND_CHUNK = 256 << 10;

    /** The request, or the exception for what is wrong with it. */
    T orThrow() {
        if (request == null) {
            throw problem == null ? new IllegalStateException("neither request nor problem") : problem;
        }
        return request;
    }

    /** Parses as another marshaller does, without throwing. */
    static <T> MethodDescriptor.Marshaller<Parsed<T>> marshaller(MethodDescriptor.Marshaller<T> messages) {
        return new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(Parsed<T> value) {
                return messages.stream(value.orThrow());
            }

            @Override
            public Parsed<T> parse(InputStream stream) {
                try {
                    return checked(messages.parse(stream));
                } catch (StatusRuntimeException problem) {
                    return new Parsed<>(null, explained(problem));
                }
            }
        };
    }

    private static <T> Parsed<T> checked(T request) {
        if (request instanceof ChunkFrame<?> frame) {
            return checkedFrame(request, frame);
        }
        int size = request instanceof MessageLite message ? message.getSerializedSize() : 0;
        return size > KernelServer.MAX_MESSAGE_BYTES
                ? new Parsed<>(null, Failures.tooLarge(OPERATION, "", size))
                : new Parsed<>(request, null);
    }

    /** Chunks are bounded by whoever takes them, and counted. What is around them is not, and has to be small. */
    private static <T> Parsed<T> checkedFrame(T request, ChunkFrame<?> frame) {
        int whole = frame.message() instanceof MessageLite message ? message.getSerializedSize() : 0;
        int rest = whole - chunkInside(frame);
        if (rest <= MAX_AROUND_CHUNK) {
            return new Parsed<>(request, null);
        }
        frame.close();
        return new Parsed<>(null, Failures.tooMuchAroundChunk(OPERATION, rest, MAX_AROUND_CHUNK));
    }

    /** How many bytes of the message are its chunk; most chunks are kept apart from it. */
    private static int chunkInside(ChunkFrame<?> frame) {
        if (frame.message() instanceof StreamSyscallRequest request && request.hasProcessInput()) {
            return request.getProcessInput().getChunk().size();
        }
        return frame.bytes() == null ? 0 : frame.chunkSize();
    }

    private static RuntimeException explained(StatusRuntimeException problem) {
        if (problem.getStatus().getCause() instanceof InvalidProtocolBufferException malformed) {
            SyscallException failure =
                    Failures.malformed(OPERATION, "the message is malformed: " + malformed.getMessage());
            return failure;
        }
        return problem;
    }
}
