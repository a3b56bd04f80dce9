package dev.syscallkernel.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.syscallkernel.SyscallException;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request, or why it could not be parsed. A marshaller that throws ends the call inside gRPC, as UNKNOWN; what it
 * returns can be answered.
 */
record Parsed<T>(@Nullable T request, @Nullable RuntimeException problem) {

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
        int size = request instanceof MessageLite message ? message.getSerializedSize() : 0; // chunks have their own
        return size > KernelServer.MAX_MESSAGE_BYTES
                ? new Parsed<>(null, Failures.tooLarge("call", "", size))
                : new Parsed<>(request, null);
    }

    private static RuntimeException explained(StatusRuntimeException problem) {
        if (problem.getStatus().getCause() instanceof InvalidProtocolBufferException malformed) {
            SyscallException failure =
                    Failures.malformed("parse_request", "the message is malformed: " + malformed.getMessage());
            return failure;
        }
        return problem;
    }
}
