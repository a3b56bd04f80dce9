package dev.syscallkernel.grpc;

import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Does the work of one stream on the threads of the pool, by one thread at a time, and holds none while there is nothing
 * to do.
 *
 * <p>Every wish to go on is counted: the first one hires a thread, which works until it has satisfied all that came
 * meanwhile. So no signal is lost, and two signals never make two threads work. Thread-safe.
 */
final class Turns {

    /** A piece of work that is not so long that others would have to wait for the thread. */
    interface Turn {
        /**
         * Must not throw.
         *
         * @return whether there is more to do at once
         */
        boolean take();
    }

    private static final System.Logger LOG = System.getLogger(Turns.class.getName());

    private final WorkPool pool;
    private final Turn turn;
    private final AtomicInteger wishes = new AtomicInteger();

    Turns(WorkPool pool, Turn turn) {
        this.pool = pool;
        this.turn = turn;
    }

    /** There may be something to do. */
    void wish() {
        if (wishes.getAndIncrement() == 0) {
            pool.resume(this::work);
        }
    }

    private void work() {
        int satisfied = wishes.get();
        while (satisfied != 0) {
            if (takeTurn()) {
                pool.resume(this::work); // behind the streams that are waiting
                return;
            }
            satisfied = wishes.addAndGet(-satisfied);
        }
    }

    /** A turn that fails must not be the last one: the next wish may be for the stream to be closed. */
    private boolean takeTurn() {
        try {
            return turn.take();
        } catch (Throwable fault) {
            LOG.log(Level.ERROR, "A stream could not go on", fault);
            return false;
        }
    }
}
