package dev.syscallkernel.local.call;

import dev.syscallkernel.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells work that nobody wants it any more: because somebody cancelled it, because its time is up, or because what it
 * belongs to has ended. Thread-safe.
 */
public final class CancellationToken {

    /** Why the work has to stop. */
    public record Reason(ErrorCode code, String text) {}

    private static final long NEVER = Long.MAX_VALUE;

    private final @Nullable CancellationToken parent;
    private final LongSupplier nanoTime;
    private final long startNanos;
    private final long timeoutNanos;
    private final Object lock = new Object();
    private volatile @Nullable Reason reason; // written under lock, once
    private List<Runnable> actions = List.of(); // guarded by lock

    /** A token that ends only when it is cancelled. */
    public CancellationToken() {
        this.parent = null;
        this.nanoTime = () -> 0;
        this.startNanos = 0;
        this.timeoutNanos = NEVER;
    }

    /**
     * A token that is also cancelled with its parent and when its time is up. Both are noticed by whoever looks at
     * {@link #reason()}; neither runs the actions registered here.
     *
     * @param timeoutNanos {@link Long#MAX_VALUE} for no limit
     */
    public CancellationToken(CancellationToken parent, LongSupplier nanoTime, long timeoutNanos) {
        this.parent = parent;
        this.nanoTime = nanoTime;
        this.startNanos = timeoutNanos == NEVER ? 0 : nanoTime.getAsLong();
        this.timeoutNanos = timeoutNanos;
    }

    /** The reason, or null while the work is wanted. */
    public @Nullable Reason reason() {
        Reason known = reason;
        if (known != null) {
            return known;
        }
        if (timeoutNanos != NEVER && nanoTime.getAsLong() - startNanos >= timeoutNanos) {
            timeOut();
            return reason;
        }
        return parent == null ? null : parent.reason();
    }

    /** Cancels because the time is up. */
    public void timeOut() {
        cancel(ErrorCode.TIMED_OUT, "not done within " + Duration.ofNanos(timeoutNanos));
    }

    /**
     * Cancels, and runs the registered actions on this thread, outside the lock.
     *
     * @return whether this call was the one that cancelled
     */
    public boolean cancel(ErrorCode code, String text) {
        List<Runnable> toRun;
        synchronized (lock) {
            if (reason != null) {
                return false;
            }
            reason = new Reason(code, text);
            toRun = actions;
            actions = List.of();
        }
        toRun.forEach(Runnable::run);
        return true;
    }

    /** Runs the action once on cancellation, at once if that has been. The action must not throw, nor take long. */
    public void onCancel(Runnable action) {
        synchronized (lock) {
            if (reason == null) {
                if (actions.isEmpty()) {
                    actions = new ArrayList<>(2);
                }
                actions.add(action);
                return;
            }
        }
        action.run();
    }
}
