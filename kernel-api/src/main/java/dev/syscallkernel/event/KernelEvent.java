package dev.syscallkernel.event;

import dev.syscallkernel.Pid;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Something that really happened in a kernel. */
public sealed interface KernelEvent {

    /** When it happened. */
    Instant time();

    Type type();

    /** A process began. */
    record ProcessCreated(Instant time, Pid pid, String name) implements KernelEvent {
        @Override
        public Type type() {
            return Type.PROCESS_CREATED;
        }
    }

    /** A process ended. */
    record ProcessTerminated(Instant time, Pid pid, int exitCode) implements KernelEvent {
        @Override
        public Type type() {
            return Type.PROCESS_TERMINATED;
        }
    }

    /** A syscall was executed, or failed. */
    record SyscallExecuted(Instant time, Pid pid, String syscall, boolean success) implements KernelEvent {
        @Override
        public Type type() {
            return Type.SYSCALL_EXECUTED;
        }
    }

    /** A syscall was refused. A {@link SyscallExecuted} without success follows. */
    record PermissionDenied(Instant time, Pid pid, String syscall, String reason) implements KernelEvent {
        @Override
        public Type type() {
            return Type.PERMISSION_DENIED;
        }
    }

    /**
     * What an ended process had still held was released.
     *
     * @param bytesFreed bytes of its scratch directories
     * @param byType how many of each kind of resource, such as {@code stream}
     * @param errors what could not be released, and why
     */
    record ResourceCleanup(
            Instant time, Pid pid, long bytesFreed, Duration duration, Map<String, Long> byType, List<String> errors)
            implements KernelEvent {
        public ResourceCleanup {
            byType = Map.copyOf(byType);
            errors = List.copyOf(errors);
        }

        /** How many resources were released in all. */
        public long resourcesFreed() {
            return byType.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public Type type() {
            return Type.RESOURCE_CLEANUP;
        }
    }

    /** The subscriber fell behind and missed this many events before the next one. Sent whatever types are wanted. */
    record EventsDropped(Instant time, long count) implements KernelEvent {
        @Override
        public Type type() {
            return Type.EVENTS_DROPPED;
        }
    }

    /** The kinds of events, by which subscribers choose. */
    enum Type {
        PROCESS_CREATED,
        PROCESS_TERMINATED,
        SYSCALL_EXECUTED,
        PERMISSION_DENIED,
        RESOURCE_CLEANUP,
        EVENTS_DROPPED;

        /** The name on the wire and on the command line, such as {@code process_created}. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
