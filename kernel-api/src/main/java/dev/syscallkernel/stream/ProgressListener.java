package dev.syscallkernel.stream;

/**
 * Hears how far a stream has got: at most 10 times a second, and once at its end. Called on the thread that moves the
 * bytes, which waits for it. What it throws is thrown to that thread.
 */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener NONE = progress -> {};

    void onProgress(Progress progress);
}
