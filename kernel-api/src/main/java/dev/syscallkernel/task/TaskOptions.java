package dev.syscallkernel.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a task is to be run. Immutable.
 *
 * @param priority its rank among the tasks of its process
 * @param timeout after which it fails with TIMED_OUT, counted from its submission; null for no limit
 * @param requestId makes submitting safe to repeat: a process that submits the same syscall under the same id again gets
 *     the task it has; null to submit a new one in any case
 */
public record TaskOptions(
        Priority priority,
        @Nullable Duration timeout,
        @Nullable String requestId) {
    /** The longest request id, in characters. */
    public static final int MAX_REQUEST_ID_LENGTH = 128;

    /** Normal priority, no limits. */
    public static final TaskOptions DEFAULT = new TaskOptions(Priority.NORMAL, null, null);

    public TaskOptions {
        requireNonNull(priority, "priority");
        if (timeout != null && timeout.isNegative()) {
            throw new IllegalArgumentException("timeout must not be negative: " + timeout);
        }
        if (requestId != null && (requestId.isEmpty() || requestId.length() > MAX_REQUEST_ID_LENGTH)) {
            throw new IllegalArgumentException(
                    "a request id has 1 to " + MAX_REQUEST_ID_LENGTH + " characters, not " + requestId.length());
        }
    }

    public TaskOptions withPriority(Priority rank) {
        return new TaskOptions(rank, timeout, requestId);
    }

    public TaskOptions withTimeout(Duration limit) {
        return new TaskOptions(priority, requireNonNull(limit, "limit"), requestId);
    }

    public TaskOptions withRequestId(String id) {
        return new TaskOptions(priority, timeout, requireNonNull(id, "id"));
    }
}
