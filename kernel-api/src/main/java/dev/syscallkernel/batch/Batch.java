package dev.syscallkernel.batch;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Many syscalls, of one process or of several, and how they are to be executed. Immutable.
 *
 * <pre>{@code
 * BatchResult result = kernel.batches().execute(Batch.builder()
 *         .add(indexer.pid(), new WriteFile("/workspace/a.txt", a))
 *         .add(indexer.pid(), new MoveFile("/workspace/old.txt", "/workspace/new.txt"))
 *         .atomic()
 *         .build());
 * }</pre>
 *
 * @param entries the syscalls, in the order of their results
 * @param mode in which way they are executed
 * @param maxParallelism how many may run at a time in parallel; 0 leaves it to the kernel
 * @param stopOnFailure whether nothing more is started once a syscall has failed
 * @param limit how long the whole batch may take; null for no limit
 * @param request the id of a batch that is executed only once however often it is sent; null for none
 */
public record Batch(
        List<Entry> entries,
        Mode mode,
        int maxParallelism,
        boolean stopOnFailure,
        @Nullable Duration limit,
        @Nullable String request) {

    /** How many syscalls a batch can have. */
    public static final int MAX_OPERATIONS = 1000;

    /** How many bytes all results of a batch can take, about. */
    public static final long MAX_RESULT_BYTES = 64 << 20;

    /** The longest request id, in characters. */
    public static final int MAX_REQUEST_ID_LENGTH = 128;

    /** In which way the syscalls of a batch are executed. */
    public enum Mode {
        /** One after the other. */
        SEQUENTIAL,
        /** Several at a time, in no order. */
        PARALLEL,
        /**
         * One after the other, and all or nothing: after a failure, a cancellation or the death of the kernel, the files
         * are as before or as after. Other callers of the kernel never see the middle. Only calls that change files can
         * be undone: write, create, delete, move, copy, truncate, and making and removing directories.
         */
        ATOMIC,
        /** Atomic, and the same after a power failure, on a journaling local file system. */
        DURABLE;

        /** Whether it is all or nothing. */
        public boolean isAtomic() {
            return this == ATOMIC || this == DURABLE;
        }
    }

    /**
     * One syscall of a process.
     *
     * @param limit how long it may take by itself; null for no limit
     */
    public record Entry(Pid pid, Syscall<?> call, @Nullable Duration limit) {
        public Entry {
            requireNonNull(pid, "pid");
            requireNonNull(call, "call");
        }
    }

    public Batch {
        entries = List.copyOf(entries);
        requireNonNull(mode, "mode");
        if (maxParallelism < 0) {
            throw new IllegalArgumentException("maxParallelism must not be negative: " + maxParallelism);
        }
        if (limit != null && (limit.isNegative() || limit.isZero())) {
            throw new IllegalArgumentException("the time limit must be positive: " + limit);
        }
        if (request != null && (request.isEmpty() || request.length() > MAX_REQUEST_ID_LENGTH)) {
            throw new IllegalArgumentException(
                    "a request id has 1 to " + MAX_REQUEST_ID_LENGTH + " characters, not " + request.length());
        }
    }

    /** The time limit, if there is one. */
    public Optional<Duration> timeout() {
        return Optional.ofNullable(limit);
    }

    /** The request id, if there is one. */
    public Optional<String> requestId() {
        return Optional.ofNullable(request);
    }

    /** Starts the description of a batch: sequential, to its end, without a time limit. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects what a batch consists of. Not thread-safe. */
    public static final class Builder {
        private final List<Entry> entries = new ArrayList<>();
        private Mode mode = Mode.SEQUENTIAL;
        private int maxParallelism;
        private boolean stopOnFailure;
        private @Nullable Duration limit;
        private @Nullable String request;

        private Builder() {}

        /** Adds a syscall of a process. */
        public Builder add(Pid pid, Syscall<?> call) {
            entries.add(new Entry(pid, call, null));
            return this;
        }

        /** Adds a syscall of a process that may take so long by itself. */
        public Builder add(Pid pid, Syscall<?> call, Duration timeout) {
            entries.add(new Entry(pid, call, requireNonNull(timeout, "timeout")));
            return this;
        }

        /** Sets in which way the syscalls are executed. */
        public Builder mode(Mode value) {
            mode = requireNonNull(value, "value");
            return this;
        }

        /** Executes the syscalls one after the other, which is the default. */
        public Builder sequential() {
            return mode(Mode.SEQUENTIAL);
        }

        /** Executes several syscalls at a time: as many as the kernel sees fit. */
        public Builder parallel() {
            return mode(Mode.PARALLEL);
        }

        /** Executes up to so many syscalls at a time; 0 leaves it to the kernel. */
        public Builder parallel(int atATime) {
            maxParallelism = atATime;
            return mode(Mode.PARALLEL);
        }

        /** All or nothing: {@link Mode#ATOMIC}. */
        public Builder atomic() {
            return mode(Mode.ATOMIC);
        }

        /** All or nothing, also after a power failure: {@link Mode#DURABLE}. */
        public Builder durable() {
            return mode(Mode.DURABLE);
        }

        /** Starts nothing more once a syscall has failed. What runs then is finished. */
        public Builder stopOnFailure() {
            stopOnFailure = true;
            return this;
        }

        /** Sets how long the whole batch may take. What runs then is cancelled, the rest is skipped. */
        public Builder timeout(Duration duration) {
            limit = requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Makes sure that the batch is executed only once: sent again under this id for the same processes, it brings
         * the result of the first time, for an hour. Another batch under the same id is a CONFLICT. Whoever loses or
         * cancels the wait for it does not end it: its time limit does.
         */
        public Builder requestId(String id) {
            request = requireNonNull(id, "id");
            return this;
        }

        public Batch build() {
            return new Batch(entries, mode, maxParallelism, stopOnFailure, limit, request);
        }
    }
}
