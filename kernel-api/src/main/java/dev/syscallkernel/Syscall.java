package dev.syscallkernel;

import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.process.ProcessSyscall;
import dev.syscallkernel.stream.StreamSyscall;
import dev.syscallkernel.system.SystemSyscall;
import org.jspecify.annotations.Nullable;

/**
 * One request of a logical process to its kernel, as an immutable value. The set of syscalls is closed: every kernel
 * has exactly one handler and one capability rule for each.
 *
 * @param <R> what the syscall answers; {@link Void} (and {@code null}) where there is nothing to answer
 */
public sealed interface Syscall<R extends @Nullable Object>
        permits FileSyscall, ProcessSyscall, StreamSyscall, SystemSyscall {

    /** The name by which errors, events and the wire call it, such as {@code read_file}. */
    String name();

    /** What it acts on, for messages: mostly a path; empty when it acts on nothing in particular. */
    String subject();
}
