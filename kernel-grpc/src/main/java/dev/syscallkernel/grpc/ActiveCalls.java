package dev.syscallkernel.grpc;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The calls that a server is working on. Thread-safe. */
final class ActiveCalls {
    private final Object lock = new Object();
    private final Set<IncomingCall<?, ?>> calls = new HashSet<>(); // guarded by lock
    private boolean closing; // guarded by lock

    void add(IncomingCall<?, ?> call) {
        boolean late;
        synchronized (lock) {
            calls.add(call);
            late = closing;
        }
        if (late) {
            call.serverCloses();
        }
    }

    void remove(IncomingCall<?, ?> call) {
        synchronized (lock) {
            calls.remove(call);
            if (calls.isEmpty()) {
                lock.notifyAll();
            }
        }
    }

    /** Ends the calls that would never end by themselves, those to come as well. */
    void close() {
        List<IncomingCall<?, ?>> present;
        synchronized (lock) {
            closing = true;
            present = new ArrayList<>(calls);
        }
        present.forEach(IncomingCall::serverCloses);
    }

    /** Ends those that there are, and tells their clients why. */
    void cutOff() {
        List<IncomingCall<?, ?>> present;
        synchronized (lock) {
            present = new ArrayList<>(calls);
        }
        present.forEach(call -> call.cutOff(Failures.stopping()));
    }

    /**
     * Waits until there are none.
     *
     * @return false if there still were some when the time was up
     */
    boolean awaitNone(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + WireValues.nanos(patience);
        synchronized (lock) {
            while (!calls.isEmpty()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                lock.wait(left / 1_000_000, (int) (left % 1_000_000));
            }
            return true;
        }
    }
}
