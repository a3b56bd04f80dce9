package dev.syscallkernel.local.call;

/**
 * A counted place among the things that a process may hold. Whoever keeps the thing closes the place with it. Closing
 * twice has no effect. Thread-safe.
 */
public interface Place extends AutoCloseable {

    /** The place of a call that holds nothing. */
    Place NONE = new Place() {
        @Override
        public void releaseBy(Runnable action) {}

        @Override
        public void close() {}
    };

    /** Says how to end what holds the place when the process ends; done at once if it has ended meanwhile. */
    void releaseBy(Runnable action);

    @Override
    void close();
}
