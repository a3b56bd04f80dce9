package dev.syscallkernel.grpc.cli;

import org.jspecify.annotations.Nullable;

/** Shows how far something has come. Used by one thread. */
interface Progress extends AutoCloseable {
    /** Shows nothing. */
    Progress NONE = new Progress() {
        @Override
        public void advance(long bytes) {}

        @Override
        public void close() {}
    };

    void advance(long bytes);

    /** Shows where it ended. */
    @Override
    void close();

    /**
     * A bar on a terminal; elsewhere, where lines stay, one now and then.
     *
     * @param total how far there is to go; null if that is not known
     */
    static Progress on(Terminal terminal, String task, @Nullable ByteSize total) {
        return terminal.interactive()
                ? new ProgressOnTerminal(terminal, task, total)
                : new ProgressInLines(terminal, task, total, System::nanoTime);
    }
}
