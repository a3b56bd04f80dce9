package dev.syscallkernel.local.task;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls what belongs to others, which may block: on a few threads as long as it does not, and on as many more as there are
 * calls that do. Thread-safe.
 *
 * <p>While calls wait, somebody looks from time to time whether any was taken since. If none was, all threads are held up,
 * and others are started; so nobody waits for somebody else's callback for longer than that.
 */
final class Callbacks implements Executor {
    private static final System.Logger LOG = System.getLogger(Callbacks.class.getName());

    private static final int USUAL = 2;
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Executor threads;
    private final Object lock = new Object();
    // All below are guarded by lock.
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int walkers;
    private int allowed = USUAL;
    private long taken;
    private boolean overseen;

    /** @param threads has a thread for each call at once, even after the kernel has closed */
    Callbacks(Executor threads) {
        this.threads = threads;
    }

    @Override
    public void execute(Runnable callback) {
        boolean walk;
        boolean oversee = false;
        synchronized (lock) {
            waiting.add(callback);
            walk = walkers < allowed;
            if (walk) {
                walkers++;
            } else if (!overseen) {
                overseen = true;
                oversee = true;
            }
        }
        if (walk) {
            startWalker();
        } else if (oversee) {
            startOverseer();
        }
    }

    private void startWalker() {
        try {
            threads.execute(this::walk);
        } catch (RuntimeException | Error failure) { // no thread, no memory: the next call tries again
            synchronized (lock) {
                walkers--;
            }
            LOG.log(Level.ERROR, "No thread for callbacks could be started", failure);
        }
    }

    private void startOverseer() {
        try {
            threads.execute(this::oversee);
        } catch (RuntimeException | Error failure) {
            synchronized (lock) {
                overseen = false;
            }
            LOG.log(Level.ERROR, "No thread for callbacks could be started", failure);
        }
    }

    private void walk() {
        for (Runnable next = next(); next != null; next = next()) {
            try {
                next.run();
            } catch (Throwable failure) { // the others do not suffer from it
                LOG.log(Level.WARNING, "A callback failed", failure);
            }
        }
    }

    private @Nullable Runnable next() {
        synchronized (lock) {
            Runnable next = waiting.poll();
            if (next != null) {
                taken++;
            } else if (--walkers == 0) {
                allowed = USUAL;
            }
            return next;
        }
    }

    private void oversee() {
        long seen = -1;
        while (true) {
            int more = 0;
            synchronized (lock) {
                if (waiting.isEmpty()) {
                    overseen = false;
                    return;
                }
                if (taken == seen) {
                    more = Math.min(Math.max(1, walkers), waiting.size());
                    allowed = walkers + Math.max(more, USUAL);
                    walkers += more;
                }
                seen = taken;
            }
            for (int i = 0; i < more; i++) {
                startWalker();
            }
            pause();
        }
    }

    private static void pause() {
        try {
            TimeUnit.NANOSECONDS.sleep(PATIENCE_NANOS);
        } catch (InterruptedException unexpected) {
            // Nobody interrupts a thread of the kernel but to end it, which a thread does by itself.
        }
    }
}
