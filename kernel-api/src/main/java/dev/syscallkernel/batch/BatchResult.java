package dev.syscallkernel.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * What became of a batch. Immutable.
 *
 * @param outcomes one for each syscall, in the order of the batch
 * @param rolledBack whether the batch was atomic and has no effect because something in it failed
 * @param duration how long the whole batch took
 */
public record BatchResult(List<SyscallOutcome> outcomes, boolean rolledBack, Duration duration) {
    public BatchResult {
        outcomes = List.copyOf(outcomes);
        requireNonNull(duration, "duration");
    }

    /** How many syscalls were executed. */
    public int successCount() {
        return count(SyscallOutcome.Success.class);
    }

    /** How many syscalls failed. */
    public int failureCount() {
        return count(SyscallOutcome.Failure.class);
    }

    /** How many syscalls were skipped or rolled back. */
    public int skippedCount() {
        return count(SyscallOutcome.Skipped.class);
    }

    private int count(Class<? extends SyscallOutcome> kind) {
        return (int) outcomes.stream().filter(kind::isInstance).count();
    }
}
