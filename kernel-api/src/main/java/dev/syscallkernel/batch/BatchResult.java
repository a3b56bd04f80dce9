package dev.syscallkernel.batch;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;

/**
 * What became of a batch. Immutable.
 *
 * @param calls what was to be executed, in the order of the batch
 * @param outcomes one for each syscall, in the same order
 * @param rolledBack whether the batch was atomic and has no effect because something in it failed
 * @param duration how long the whole batch took
 */
public record BatchResult(List<Call> calls, List<SyscallOutcome> outcomes, boolean rolledBack, Duration duration) {

    /**
     * One syscall, for whoever has the result and not the batch.
     *
     * @param syscall its name, such as {@code copy_file}
     * @param subject what it acts on; empty when it acts on nothing in particular
     */
    public record Call(String syscall, String subject) {
        public Call {
            requireNonNull(syscall, "syscall");
            requireNonNull(subject, "subject");
        }
    }

    public BatchResult {
        calls = List.copyOf(calls);
        outcomes = List.copyOf(outcomes);
        requireNonNull(duration, "duration");
        if (calls.size() != outcomes.size()) {
            throw new IllegalArgumentException(calls.size() + " syscalls with " + outcomes.size() + " outcomes");
        }
    }

    /** The syscalls of a batch, as a result names them. */
    public static List<Call> calls(Batch batch) {
        return batch.entries().stream()
                .map(entry -> new Call(entry.call().name(), entry.call().subject()))
                .toList();
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
