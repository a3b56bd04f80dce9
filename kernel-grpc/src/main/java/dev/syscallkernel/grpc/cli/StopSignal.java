package dev.syscallkernel.grpc.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT and SIGTERM into a {@link StopRequest}. The JVM then ends in any case, within a bounded time; a command
 * that came to its end in good order, such as a server that was stopped, decides with which exit code.
 */
final class StopSignal {
    private static final long ACTIONS_SECONDS = 15;
    private static final long END_SECONDS = 3;

    private final StopRequest stop;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile int exitCode = -1;

    private StopSignal(StopRequest stop) {
        this.stop = stop;
    }

    static StopSignal handle(StopRequest stop) {
        StopSignal signal = new StopSignal(stop);
        Runtime.getRuntime().addShutdownHook(new Thread(signal::shutDown, "kernel-stop"));
        return signal;
    }

    /** The command has ended by itself, or because of the signal. */
    void finished(int code) {
        exitCode = code;
        finished.countDown();
    }

    private void shutDown() {
        if (finished.getCount() == 0) {
            return; // nothing was stopped: this is the regular end
        }
        try {
            Thread actions = new Thread(stop::request, "kernel-stop-actions");
            actions.setDaemon(true);
            actions.start();
            actions.join(TimeUnit.SECONDS.toMillis(ACTIONS_SECONDS));
            // A command can be stuck in writing to a pipe that nobody reads: nothing wakes it, so it is not waited for.
            if (finished.await(END_SECONDS, TimeUnit.SECONDS) && exitCode == 0) {
                Runtime.getRuntime().halt(0); // else the JVM would end with the number of the signal
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
