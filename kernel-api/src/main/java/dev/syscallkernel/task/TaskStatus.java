package dev.syscallkernel.task;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A task at one moment. Times are those of the kernel, in whole milliseconds.
 *
 * @param pid the process in whose name it works
 * @param syscall the name of what it does, such as {@code copy_file}
 * @param subject what it acts on: mostly a path; empty when it acts on nothing in particular
 * @param revision grows with every change of the task, and with each report of its progress in bytes; 1 at first
 * @param bytesDone how many bytes it has moved; of a batch, how many syscalls it has executed
 * @param bytesTotal how many it will have moved in the end, where that is known
 * @param progress from 0 to 1, and 1 exactly when it has completed; 0 where nothing is known
 * @param cancelRequested whether somebody has cancelled it, even if it has not stopped yet
 * @param startedAt null if it has not begun, or was cancelled before it did
 * @param endedAt null until it has ended
 * @param failure why it failed or was cancelled; null otherwise
 */
public record TaskStatus(
        TaskId id,
        Pid pid,
        String syscall,
        String subject,
        Priority priority,
        TaskState state,
        long revision,
        long bytesDone,
        OptionalLong bytesTotal,
        double progress,
        boolean cancelRequested,
        Instant submittedAt,
        @Nullable Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable SyscallException failure) {
    public TaskStatus {
        requireNonNull(id, "id");
        requireNonNull(pid, "pid");
        requireNonNull(syscall, "syscall");
        requireNonNull(subject, "subject");
        requireNonNull(priority, "priority");
        requireNonNull(state, "state");
        requireNonNull(bytesTotal, "bytesTotal");
        requireNonNull(submittedAt, "submittedAt");
    }
}
