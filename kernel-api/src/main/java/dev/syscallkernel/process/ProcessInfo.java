package dev.syscallkernel.process;

import dev.syscallkernel.Pid;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A live process at one moment.
 *
 * @param priority as given at its creation, or set since
 * @param mounts what its file tree is made of; never the host's side of it
 * @param openStreams how many streams it has open
 * @param syscalls how many syscalls it has executed
 * @param failedSyscalls how many of those failed
 * @param childInfo its program; null for a process that is none
 */
public record ProcessInfo(
        Pid pid,
        String name,
        SandboxLevel level,
        int priority,
        Sandbox sandbox,
        List<MountPoint> mounts,
        String workingDirectory,
        Instant createdAt,
        int openStreams,
        long syscalls,
        long failedSyscalls,
        @Nullable ChildInfo childInfo) {
    public ProcessInfo {
        mounts = List.copyOf(mounts);
    }

    /** Its program; empty for a process that is none. */
    public Optional<ChildInfo> child() {
        return Optional.ofNullable(childInfo);
    }

    /** A mount as the process itself may see it. */
    public record MountPoint(String path, Access access) {}
}
