package dev.syscallkernel.local.call;

import java.time.Duration;

/**
 * Hears from a call how far it has got. Called on the thread that does the work, at least once per
 * {@link SyscallContext#CANCELLATION_INTERVAL} bytes: must not throw, nor take long.
 */
public interface ProgressReporter {
    /** The total of work whose size is not known. */
    long UNKNOWN = -1;

    /** Hears nothing. */
    ProgressReporter NONE = new ProgressReporter() {
        @Override
        public void moved(long bytesDone, long bytesTotal) {}

        @Override
        public void lasts(Duration duration) {}
    };

    /**
     * Bytes have been moved.
     *
     * @param bytesDone how many in all, up to now
     * @param bytesTotal how many there will be, or {@link #UNKNOWN}
     */
    void moved(long bytesDone, long bytesTotal);

    /** The call will last this long, from now on; it tells no more. */
    void lasts(Duration duration);
}
