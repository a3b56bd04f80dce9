package dev.syscallkernel.grpc;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.proto.SyscallRequest;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of syscall travels.
 *
 * @param type the kind
 * @param member its place in the request
 * @param writer puts a call into that place; {@link IllegalArgumentException} for what the wire cannot express
 * @param reader makes a call of what is there; {@link IllegalArgumentException} for what makes no sense
 * @param result how its result travels
 */
record WireSyscall<C extends Syscall<R>, R extends @Nullable Object>(
        Class<C> type,
        SyscallRequest.SyscallCase member,
        BiConsumer<C, SyscallRequest.Builder> writer,
        Function<SyscallRequest, C> reader,
        WireResult<R> result) {}
