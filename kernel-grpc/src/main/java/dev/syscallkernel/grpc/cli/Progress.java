package dev.syscallkernel.grpc.cli;

/** Shows how far something has come. Used by one thread. */
interface Progress extends AutoCloseable {

    void advance(long bytes);

    /** Shows where it ended. */
    @Override
    void close();

    /** A bar on a terminal; elsewhere, where lines stay, one now and then. */
    static Progress on(Terminal terminal, String task, ByteSize total) {
        return terminal.interactive()
                ? new ProgressOnTerminal(terminal, task, total)
                : new ProgressInLines(terminal, task, total, System::nanoTime);
    }
}
