package dev.syscallkernel.grpc;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.proto.SuccessResult;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallRequest.SyscallCase;
import dev.syscallkernel.proto.SyscallResponse;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Syscalls and their results, in both directions; all of them but those that open streams. */
final class SyscallCodec {
    private static final Map<Class<?>, WireSyscall<?, ?>> BY_TYPE = new HashMap<>();
    private static final Map<SyscallCase, WireSyscall<?, ?>> BY_MEMBER = new EnumMap<>(SyscallCase.class);
    private static final Map<String, WireSyscall<?, ?>> BY_NAME = new HashMap<>();

    static {
        List<WireSyscall<?, ?>> all = Stream.of(FileCalls.ALL, ProcessCalls.ALL, SystemCalls.ALL)
                .flatMap(List::stream)
                .toList();
        for (WireSyscall<?, ?> syscall : all) {
            if (BY_TYPE.put(syscall.type(), syscall) != null || BY_MEMBER.put(syscall.member(), syscall) != null) {
                throw new IllegalStateException("mapped twice: " + syscall);
            }
            BY_NAME.put(name(syscall.member()), syscall);
        }
    }

    private SyscallCodec() {}

    /** The kinds of syscalls that travel as members of a request. */
    static Set<Class<?>> types() {
        return Set.copyOf(BY_TYPE.keySet());
    }

    /** The members of a request that are understood. */
    static Set<SyscallCase> members() {
        return Set.copyOf(BY_MEMBER.keySet());
    }

    /**
     * The request, still without pid and time limit.
     *
     * @throws SyscallException INVALID_ARGUMENT for what the wire cannot express
     */
    static <R extends @Nullable Object> SyscallRequest.Builder encode(Syscall<R> call) {
        SyscallRequest.Builder request = SyscallRequest.newBuilder();
        try {
            mapping(call).writer().accept(call, request);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(call.name(), call.subject(), refusal);
        }
        return request;
    }

    /** @throws SyscallException INVALID_ARGUMENT for an unknown call, and for one that makes no sense */
    static Syscall<?> decode(SyscallRequest request) {
        WireSyscall<?, ?> mapping = BY_MEMBER.get(request.getSyscallCase());
        if (mapping == null) {
            throw Failures.malformed("execute_syscall", "the request has no syscall that this server knows");
        }
        try {
            return mapping.reader().apply(request);
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(name(request.getSyscallCase()), "", refusal);
        }
    }

    /** Members of a request have the names of the syscalls. */
    private static String name(SyscallCase member) {
        return member.name().toLowerCase(Locale.ROOT);
    }

    static <R extends @Nullable Object> SyscallResponse success(Syscall<R> call, R result) {
        return success(mapping(call).result(), result);
    }

    /** The result of a call of which only the name is known. */
    @SuppressWarnings("unchecked") // Every call of this name has a result of the same type.
    static <R extends @Nullable Object> SyscallResponse success(String syscall, R result) {
        return success((WireResult<R>) mapping(syscall).result(), result);
    }

    private static <R extends @Nullable Object> SyscallResponse success(WireResult<R> wire, R result) {
        SuccessResult.Builder success = SuccessResult.newBuilder();
        wire.writer().accept(result, success);
        return SyscallResponse.newBuilder().setSuccess(success).build();
    }

    /** @throws SyscallException if the call failed */
    static <R extends @Nullable Object> R result(Syscall<R> call, SyscallResponse response) {
        return result(mapping(call).result(), response, call.name(), call.subject());
    }

    /**
     * The result of a call of which only the name is known.
     *
     * @throws SyscallException if the call failed
     */
    static @Nullable Object result(String syscall, String subject, SyscallResponse response) {
        return result(mapping(syscall).result(), response, syscall, subject);
    }

    private static <R extends @Nullable Object> R result(
            WireResult<R> wire, SyscallResponse response, String syscall, String subject) {
        return switch (response.getResultCase()) {
            case SUCCESS -> result(wire, response.getSuccess(), syscall, subject);
            case ERROR -> throw Failures.fromWire(response.getError(), syscall, subject);
            case PERMISSION_DENIED -> throw Failures.fromWire(response.getPermissionDenied(), syscall, subject);
            case SKIPPED, RESULT_NOT_SET -> throw Failures.unintelligible(syscall, subject, null);
        };
    }

    private static <R extends @Nullable Object> R result(
            WireResult<R> wire, SuccessResult success, String syscall, String subject) {
        if (success.getValueCase() != wire.value()) {
            throw Failures.unintelligible(syscall, subject, null);
        }
        try {
            return wire.reader().apply(success);
        } catch (IllegalArgumentException refusal) {
            throw Failures.unintelligible(syscall, subject, refusal);
        }
    }

    private static WireSyscall<?, ?> mapping(String syscall) {
        WireSyscall<?, ?> mapping = BY_NAME.get(syscall);
        if (mapping == null) {
            throw Failures.unintelligible(syscall, "", null);
        }
        return mapping;
    }

    @SuppressWarnings("unchecked") // The table holds each mapping under the class of its calls.
    private static <R extends @Nullable Object> WireSyscall<Syscall<R>, R> mapping(Syscall<R> call) {
        WireSyscall<?, ?> mapping = BY_TYPE.get(call.getClass());
        if (mapping == null) {
            throw new IllegalArgumentException("not a call of its own on the wire: " + call.name());
        }
        return (WireSyscall<Syscall<R>, R>) mapping;
    }
}
