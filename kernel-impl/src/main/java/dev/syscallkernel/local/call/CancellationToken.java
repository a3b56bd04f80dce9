package dev.syscallkernel.local.call;

import dev.syscallkernel.ErrorCode;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells work that nobody wants it any more: because somebody cancelled it, because its time is up, or because what it
 * belongs to has ended. Thread-safe.
 */
public final class CancellationToken {

    /** Why the work has to stop. */
    public record Reason(ErrorCode code, String text) {}

    /** When it is cancelled at the latest; apart from the rest, since many tokens have none. */
    private record Limit(LongSupplier nanoTime, long startNanos, long timeoutNanos) {
        boolean isOver() {
            return nanoTime.getAsLong() - startNanos >= timeoutNanos;
        }
    }

    private static final long NEVER = Long.MAX_VALUE;

    private final @Nullable CancellationToken parent;
    private final @Nullable CancellationToken control;
    private final @Nullable Limit limit;
    private volatile @Nullable Reason reason; // written once, guarded by this
    /** The first action, apart from the rest, since most tokens have but this one; guarded by this. */
    private @Nullable Runnable first;

    private @Nullable Action latest; // of the further ones; guarded by this

    private CancellationToken(
            @Nullable CancellationToken parent, @Nullable CancellationToken control, @Nullable Limit limit) {
        this.parent = parent;
        this.control = control;
        this.limit = limit;
    }

    /** A token that ends only when it is cancelled. */
    public CancellationToken() {
        this(null, null, null);
    }

    /** A token that is also cancelled with its parent, which is noticed by whoever looks at {@link #reason()}. */
    public CancellationToken(CancellationToken parent) {
        this(parent, null, null);
    }

    /**
     * A token that is also cancelled with its parent, with whoever controls the work, and when its time is up. All three
     * are noticed by whoever looks at {@link #reason()}; none runs the actions registered here.
     *
     * @param parent what the work belongs to
     * @param control of whoever started the work, if that can cancel it
     * @param timeoutNanos {@link Long#MAX_VALUE} for no limit
     */
    public CancellationToken(
            CancellationToken parent, @Nullable CancellationToken control, LongSupplier nanoTime, long timeoutNanos) {
        this(parent, control, timeoutNanos == NEVER ? null : new Limit(nanoTime, nanoTime.getAsLong(), timeoutNanos));
    }

    /** The reason, or null while the work is wanted. */
    public @Nullable Reason reason() {
        Reason known = reason;
        if (known != null) {
            return known;
        }
        if (limit != null && limit.isOver()) {
            timeOut();
            return reason;
        }
        Reason controlled = control == null ? null : control.reason();
        if (controlled != null) {
            return controlled;
        }
        return parent == null ? null : parent.reason();
    }

    /** Cancels because the time is up. */
    public void timeOut() {
        if (limit != null) {
            cancel(ErrorCode.TIMED_OUT, "not done within " + Duration.ofNanos(limit.timeoutNanos));
        }
    }

    /** Whether this is a token of work that belongs to the parent, and has no time limit. */
    public boolean belongsTo(CancellationToken other) {
        return parent == other && limit == null;
    }

    /**
     * Cancels, and runs the registered actions on this thread, outside the lock.
     *
     * @return whether this call was the one that cancelled
     */
    public boolean cancel(ErrorCode code, String text) {
        Runnable begin;
        Action further;
        synchronized (this) {
            if (reason != null) {
                return false;
            }
            reason = new Reason(code, text);
            begin = first;
            further = latest;
            first = null;
            latest = null;
        }
        if (begin != null) {
            begin.run();
        }
        for (Action action = inOrder(further); action != null; action = action.next) {
            action.runnable.run();
        }
        return true;
    }

    /** Runs the action once on cancellation, at once if that has been. The action must not throw, nor take long. */
    public void onCancel(Runnable action) {
        synchronized (this) {
            if (reason == null) {
                if (first == null) {
                    first = action;
                } else {
                    latest = new Action(action, latest);
                }
                return;
            }
        }
        action.run();
    }

    /** An action, and the one that was registered before it. */
    private record Action(Runnable runnable, @Nullable Action next) {}

    private static @Nullable Action inOrder(@Nullable Action latest) {
        Action first = null;
        for (Action action = latest; action != null; action = action.next) {
            first = new Action(action.runnable, first);
        }
        return first;
    }
}
