package dev.syscallkernel.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.security.Capability;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Failures as statuses of gRPC: the code's name is the reason of an ErrorInfo, so that nothing is lost on the way. */
final class Statuses {
    private static final System.Logger LOG = System.getLogger(Statuses.class.getName());
    private static final String DOMAIN = "syscallkernel";
    private static final String MESSAGE = "message";
    private static final String CAPABILITY = "capability";

    /** When a client that met a limit may try again. */
    private static final Duration RETRY_DELAY =
            Duration.newBuilder().setSeconds(1).build();

    /** Trailers have at most 8 KiB at most clients; text takes up to three times its size in them, and comes twice. */
    private static final int MAX_TEXT_BYTES = 1000;

    private Statuses() {}

    /** The status for whatever went wrong. What is no {@link SyscallException} is logged, and INTERNAL. */
    static StatusRuntimeException of(Throwable problem) {
        if (problem instanceof SyscallException failure) {
            return of(failure);
        }
        if (problem instanceof StatusRuntimeException status
                && status.getStatus().getCode() != Status.Code.UNKNOWN) {
            return status;
        }
        LOG.log(Level.ERROR, "A fault of the server", problem);
        return of(new SyscallException(
                ErrorCode.INTERNAL, "call", "", "a fault of the server; its log has the details", problem));
    }

    private static StatusRuntimeException of(SyscallException failure) {
        ErrorInfo.Builder info = ErrorInfo.newBuilder()
                .setDomain(DOMAIN)
                .setReason(failure.code().name())
                .putMetadata(MESSAGE, bounded(failure.reason()));
        failure.capability().ifPresent(capability -> info.putMetadata(CAPABILITY, capability.name()));
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(statusCode(failure.code()).value())
                .setMessage(bounded(Failures.reason(failure.getMessage())))
                .addDetails(Any.pack(info.build()));
        if (failure.code() == ErrorCode.RESOURCE_EXHAUSTED) {
            status.addDetails(
                    Any.pack(RetryInfo.newBuilder().setRetryDelay(RETRY_DELAY).build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    /** The failure that the server told by this status; empty if it was not the kernel's server that set it. */
    static Optional<SyscallException> failure(StatusRuntimeException status, String syscall, String subject) {
        com.google.rpc.Status details = StatusProto.fromThrowable(status);
        if (details == null) {
            return Optional.empty();
        }
        return details.getDetailsList().stream()
                .filter(any -> any.is(ErrorInfo.class))
                .map(Statuses::errorInfo)
                .filter(info -> info.getDomain().equals(DOMAIN))
                .findFirst()
                .map(info -> failure(info, status, syscall, subject));
    }

    private static SyscallException failure(
            ErrorInfo info, StatusRuntimeException status, String syscall, String subject) {
        Optional<Capability> lacked = Arrays.stream(Capability.values())
                .filter(capability -> capability.name().equals(info.getMetadataOrDefault(CAPABILITY, "")))
                .findFirst();
        if (lacked.isPresent()) {
            return SyscallException.missingCapability(syscall, subject, lacked.get());
        }
        ErrorCode code = Arrays.stream(ErrorCode.values())
                .filter(known -> known.name().equals(info.getReason()))
                .findFirst()
                .orElseGet(() -> errorCode(status.getStatus().getCode()));
        return new SyscallException(
                code, syscall, subject, Failures.reason(info.getMetadataOrDefault(MESSAGE, "")), status);
    }

    private static ErrorInfo errorInfo(Any any) {
        try {
            return any.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException malformed) {
            return ErrorInfo.getDefaultInstance();
        }
    }

    private static Status.Code statusCode(ErrorCode code) {
        return switch (code) {
            case NOT_FOUND, NO_SUCH_PROCESS -> Status.Code.NOT_FOUND;
            case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
            case PERMISSION_DENIED, READ_ONLY -> Status.Code.PERMISSION_DENIED;
            case INVALID_ARGUMENT, NAME_TOO_LONG -> Status.Code.INVALID_ARGUMENT;
            case NOT_A_DIRECTORY, IS_A_DIRECTORY, NOT_EMPTY, TOO_MANY_LINKS, BAD_DESCRIPTOR, BROKEN_PIPE ->
                Status.Code.FAILED_PRECONDITION;
            case RESOURCE_EXHAUSTED, NO_SPACE -> Status.Code.RESOURCE_EXHAUSTED;
            case UNAVAILABLE -> Status.Code.UNAVAILABLE;
            case TIMED_OUT -> Status.Code.DEADLINE_EXCEEDED;
            case CANCELLED -> Status.Code.CANCELLED;
            case UNSUPPORTED -> Status.Code.UNIMPLEMENTED;
            case CONFLICT -> Status.Code.ABORTED;
            case DATA_LOSS, IN_DOUBT -> Status.Code.DATA_LOSS;
            case IO_ERROR, INTERNAL -> Status.Code.INTERNAL;
        };
    }

    /** The best guess for a status that gRPC itself set, or another server. */
    static ErrorCode errorCode(Status.Code code) {
        return switch (code) {
            case NOT_FOUND -> ErrorCode.NOT_FOUND;
            case ALREADY_EXISTS -> ErrorCode.ALREADY_EXISTS;
            case PERMISSION_DENIED, UNAUTHENTICATED -> ErrorCode.PERMISSION_DENIED;
            case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION -> ErrorCode.INVALID_ARGUMENT;
            case RESOURCE_EXHAUSTED -> ErrorCode.RESOURCE_EXHAUSTED;
            case UNAVAILABLE -> ErrorCode.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> ErrorCode.TIMED_OUT;
            case CANCELLED -> ErrorCode.CANCELLED;
            case UNIMPLEMENTED -> ErrorCode.UNSUPPORTED;
            case ABORTED -> ErrorCode.CONFLICT;
            case DATA_LOSS -> ErrorCode.DATA_LOSS;
            case OK, UNKNOWN, INTERNAL -> ErrorCode.INTERNAL;
        };
    }

    private static String bounded(String text) {
        CharBuffer in = CharBuffer.wrap(text);
        var unused = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .encode(in, ByteBuffer.allocate(MAX_TEXT_BYTES), true);
        return in.hasRemaining() ? text.substring(0, in.position()) + "…" : text;
    }
}
