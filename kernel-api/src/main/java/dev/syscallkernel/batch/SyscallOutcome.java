package dev.syscallkernel.batch;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.SyscallException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of one syscall of a batch. */
public sealed interface SyscallOutcome {

    /** How long it took; zero if it was skipped. */
    Duration time();

    /**
     * It was executed.
     *
     * @param value what the syscall answers; null where there is nothing to answer
     */
    record Success(@Nullable Object value, Duration time) implements SyscallOutcome {
        public Success {
            requireNonNull(time, "time");
        }
    }

    /** It failed. */
    record Failure(SyscallException error, Duration time) implements SyscallOutcome {
        public Failure {
            requireNonNull(error, "error");
            requireNonNull(time, "time");
        }
    }

    /**
     * It has no effect: it was not executed, or it was rolled back.
     *
     * @param reason why
     */
    record Skipped(String reason) implements SyscallOutcome {
        public Skipped {
            requireNonNull(reason, "reason");
        }

        @Override
        public Duration time() {
            return Duration.ZERO;
        }
    }
}
