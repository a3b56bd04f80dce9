package dev.syscallkernel.grpc.cli;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A line every two seconds, and one at the end. */
final class ProgressInLines implements Progress {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Terminal terminal;
    private final String task;
    private final @Nullable ByteSize total;
    private final LongSupplier nanoTime;
    private long done;
    private long shownAt;

    ProgressInLines(Terminal terminal, String task, @Nullable ByteSize total, LongSupplier nanoTime) {
        this.terminal = terminal;
        this.task = task;
        this.total = total;
        this.nanoTime = nanoTime;
        this.shownAt = nanoTime.getAsLong();
    }

    @Override
    public void advance(long bytes) {
        done += bytes;
        long now = nanoTime.getAsLong();
        if (now - shownAt >= INTERVAL_NANOS) {
            shownAt = now;
            show();
        }
    }

    @Override
    public void close() {
        show();
    }

    private void show() {
        terminal.messages().println(task + ": " + new ByteSize(done) + (total == null ? "" : share(total)));
    }

    private String share(ByteSize whole) {
        long percent = whole.bytes() == 0 ? 100 : (long) (100.0 * done / whole.bytes());
        return " of " + whole + " (" + percent + " %)";
    }
}
