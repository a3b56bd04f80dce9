package dev.syscallkernel.local.call;

import dev.syscallkernel.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells work that nobody wants it any more. Cancelled at most once, for the first reason given. Thread-safe.
 */
public final class CancellationToken {

    /** Why the work has to stop. */
    public record Reason(ErrorCode code, String text) {}

    private final Object lock = new Object();
    private volatile @Nullable Reason reason; // written under lock, once
    private List<Runnable> actions = new ArrayList<>(2); // guarded by lock

    /** The reason, or null while the work is wanted. */
    public @Nullable Reason reason() {
        return reason;
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
                actions.add(action);
                return;
            }
        }
        action.run();
    }
}
