package dev.syscallkernel.grpc;

import java.util.concurrent.TimeUnit;

/** Says when it is time to tell the client how far a stream has got. Used by one thread at a time. */
final class Pulse {
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final boolean wanted;
    private long last = System.nanoTime();

    Pulse(boolean wanted) {
        this.wanted = wanted;
    }

    boolean wanted() {
        return wanted;
    }

    /** Whether it is wanted, and time; then not again for 100 milliseconds. */
    boolean isDue() {
        if (!wanted) {
            return false;
        }
        long now = System.nanoTime();
        if (now - last < INTERVAL_NANOS) {
            return false;
        }
        last = now;
        return true;
    }
}
