package dev.syscallkernel.grpc.cli;

/**
 * The program {@code kernel.jar}. It ends with 0 for success, 1 for what failed at run time and 2 for wrong usage; one
 * that was stopped by a signal before it was done ends as the operating system has it, with 128 and the signal's number.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        StopRequest stop = new StopRequest();
        StopSignal signal = StopSignal.handle(stop);
        Terminal terminal = Terminal.standard();
        Logging.configure();
        int exitCode = CommandLines.run(args, terminal, stop);
        signal.finished(exitCode);
        if (exitCode != 0) {
            System.exit(exitCode); // not for success: on some JDKs it is a log entry, and loads all of the logging
        }
    }
}
