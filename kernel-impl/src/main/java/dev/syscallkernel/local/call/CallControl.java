package dev.syscallkernel.local.call;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What whoever starts a call keeps in hand: cancelling it, even while a handler is at work on another thread, limiting
 * its time, and hearing how far it has got.
 *
 * @param cancellation cancels the call when it is cancelled itself, which is then the only way to; may be shared by any
 *     number of calls. Null if the call's future shall cancel it
 * @param timeout after which the call is cancelled; null for no limit
 * @param progress hears how far the call has got
 * @param answers the threads on which the answer of a call that waits is given; null for one of its own, which may block
 * @param counted whether whoever starts the call holds a place among the waiting calls of the process for it, so that it
 *     takes none itself
 */
public record CallControl(
        @Nullable CancellationToken cancellation,
        @Nullable Duration timeout,
        ProgressReporter progress,
        @Nullable Executor answers,
        boolean counted) {
    /** Nothing at all. */
    public static final CallControl NONE = new CallControl(null, null, ProgressReporter.NONE, null, false);

    /** Nothing but a time limit. */
    public static CallControl within(Duration timeout) {
        return new CallControl(null, timeout, ProgressReporter.NONE, null, false);
    }
}
