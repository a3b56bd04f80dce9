package dev.syscallkernel.bench;

import io.grpc.stub.CallStreamObserver;
import java.util.concurrent.TimeUnit;

/** Lets a thread wait until the other side of a call takes more. */
final class Readiness {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final CallStreamObserver<?> call;
    private final Object lock = new Object();

    /** Must be made before the call begins. */
    Readiness(CallStreamObserver<?> call) {
        this.call = call;
        call.setOnReadyHandler(() -> {
            synchronized (lock) {
                lock.notifyAll();
            }
        });
    }

    /** @throws IllegalStateException if the other side takes nothing for a minute */
    void await() throws InterruptedException {
        synchronized (lock) {
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (!call.isReady()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new IllegalStateException("the other side takes nothing any more");
                }
                TimeUnit.NANOSECONDS.timedWait(lock, left);
            }
        }
    }
}
