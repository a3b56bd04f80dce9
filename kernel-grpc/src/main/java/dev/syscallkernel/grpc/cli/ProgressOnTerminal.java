package dev.syscallkernel.grpc.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar that moves. */
final class ProgressOnTerminal implements Progress {
    private static final int UPDATE_MILLIS = 200;
    private static final int MIN_COLUMNS = 20;
    private static final int UNKNOWN = -1;

    private final ProgressBar bar;

    ProgressOnTerminal(Terminal terminal, String task, @Nullable ByteSize total) {
        // Told the width, the library does not start programs to find it out. The last column would wrap the line.
        int width = Math.max(MIN_COLUMNS, terminal.columns() - 1);
        bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total == null ? UNKNOWN : total.bytes())
                .setUnit(" MiB", 1 << 20)
                .showSpeed()
                .hideEta()
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .setConsumer(new ConsoleProgressBarConsumer(terminal.messages(), width))
                .build();
    }

    @Override
    public void advance(long bytes) {
        bar.stepBy(bytes);
    }

    @Override
    public void close() {
        bar.close();
    }
}
