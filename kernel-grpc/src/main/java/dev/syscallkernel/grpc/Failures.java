package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.ErrorResult;
import dev.syscallkernel.proto.PermissionDeniedResult;
import dev.syscallkernel.proto.SyscallResponse;
import org.jspecify.annotations.Nullable;

/** Failures that are worded here, and failures as part of a response. */
final class Failures {
    static final String CREATE_PROCESS = "create_process";
    static final String FIND_PROCESS = "find_process";
    static final String UPDATE_SANDBOX = "update_sandbox";

    private Failures() {}

    static SyscallException noSuchProcess(int pid) {
        return new SyscallException(
                ErrorCode.NO_SUCH_PROCESS, FIND_PROCESS, Integer.toUnsignedString(pid), "no live process has this pid");
    }

    static SyscallException malformed(String operation, String reason) {
        return new SyscallException(ErrorCode.INVALID_ARGUMENT, operation, "", reason);
    }

    static SyscallException tooLarge(String operation, String subject, int size) {
        return new SyscallException(
                ErrorCode.INVALID_ARGUMENT,
                operation,
                subject,
                "the request has " + size + " bytes, and a message has at most " + KernelServer.MAX_MESSAGE_BYTES
                        + "; a batch can be split, and larger data has to be streamed");
    }

    static SyscallException tooMuchAroundChunk(String operation, int size, int most) {
        return new SyscallException(
                ErrorCode.INVALID_ARGUMENT,
                operation,
                "",
                "the message of a stream has " + size + " bytes beside its chunk, and at most " + most
                        + " are allowed; only chunks can be large");
    }

    static SyscallException overloaded() {
        return new SyscallException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "call",
                "",
                "the server has as much work as it can hold, " + WorkPool.MAX_TASKS + " requests or a quarter of its"
                        + " heap in bytes; try again later");
    }

    static SyscallException stopping() {
        return new SyscallException(ErrorCode.UNAVAILABLE, "call", "", "the server is stopping");
    }

    /** A mount that is refused. No message names the host's side of it. */
    static SyscallException mount(String path, ErrorCode code, String reason) {
        return new SyscallException(code, CREATE_PROCESS, path, reason);
    }

    /** A record's constructor, or a codec, refused its arguments. */
    static SyscallException invalid(String operation, String subject, IllegalArgumentException refusal) {
        return new SyscallException(
                ErrorCode.INVALID_ARGUMENT, operation, subject, reason(refusal.getMessage()), refusal);
    }

    /** The other side sent what does not fit the contract. */
    static SyscallException unintelligible(String operation, String subject, @Nullable Throwable cause) {
        return new SyscallException(
                ErrorCode.INTERNAL,
                operation,
                subject,
                "the server's answer does not fit the question; is it of another version?",
                cause);
    }

    /** A message can be null, a reason cannot. */
    static String reason(@Nullable String message) {
        return message == null || message.isBlank() ? "no reason given" : message;
    }

    static SyscallResponse toWire(SyscallException failure) {
        if (failure.code() == ErrorCode.PERMISSION_DENIED) {
            PermissionDeniedResult.Builder denied =
                    PermissionDeniedResult.newBuilder().setReason(failure.reason());
            failure.capability().map(WireEnums::toWire).ifPresent(denied::setCapability);
            return SyscallResponse.newBuilder().setPermissionDenied(denied).build();
        }
        return SyscallResponse.newBuilder()
                .setError(ErrorResult.newBuilder()
                        .setMessage(reason(failure.getMessage()))
                        .setCode(WireEnums.toWire(failure.code()))
                        .setRetryable(failure.code().retryable())
                        .setReason(failure.reason()))
                .build();
    }

    static SyscallException fromWire(PermissionDeniedResult denied, String syscall, String subject) {
        if (denied.hasCapability() && denied.getCapability() != dev.syscallkernel.proto.Capability.UNRECOGNIZED) {
            return SyscallException.missingCapability(syscall, subject, WireEnums.fromWire(denied.getCapability()));
        }
        return new SyscallException(ErrorCode.PERMISSION_DENIED, syscall, subject, reason(denied.getReason()));
    }

    static SyscallException fromWire(ErrorResult error, String syscall, String subject) {
        String reason = error.getReason().isEmpty() ? error.getMessage() : error.getReason();
        return new SyscallException(WireEnums.fromWire(error.getCode()), syscall, subject, reason(reason));
    }
}
