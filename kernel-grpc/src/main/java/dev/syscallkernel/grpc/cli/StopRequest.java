package dev.syscallkernel.grpc.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Somebody's wish that the running command ends, for instance by a signal, and what makes it end. Thread-safe. */
final class StopRequest {
    private final Object lock = new Object();
    private final Deque<Runnable> actions = new ArrayDeque<>(); // guarded by lock; the latest first
    private boolean requested; // guarded by lock

    /**
     * Adds what makes the command end, or does it at once if the wish is there already.
     *
     * @param action runs on the thread of whoever stops the command, possibly while the command ends by itself
     * @return takes the action back when closed
     */
    Registration onStop(Runnable action) {
        synchronized (lock) {
            if (!requested) {
                actions.push(action);
                return () -> remove(action);
            }
        }
        action.run();
        return () -> {};
    }

    private void remove(Runnable action) {
        synchronized (lock) {
            actions.remove(action);
        }
    }

    boolean isRequested() {
        synchronized (lock) {
            return requested;
        }
    }

    /** Runs the actions, the latest first. */
    void request() {
        synchronized (lock) {
            requested = true;
        }
        for (Runnable action = poll(); action != null; action = poll()) {
            action.run();
        }
    }

    private @Nullable Runnable poll() {
        synchronized (lock) {
            return actions.poll();
        }
    }

    /** An action that waits for the wish. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
