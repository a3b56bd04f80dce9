package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells the user what went wrong: in one line, and in a second one what to do about it. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {
    private final Terminal terminal;
    private final StopRequest stop;
    private final BooleanSupplier verbose;

    Failures(Terminal terminal, StopRequest stop, BooleanSupplier verbose) {
        this.terminal = terminal;
        this.stop = stop;
        this.verbose = verbose;
    }

    @Override
    public int handleParseException(ParameterException problem, String[] arguments) {
        CommandLine command = problem.getCommandLine();
        terminal.message(Text.printable(String.valueOf(problem.getMessage())));
        UnmatchedArgumentException.printSuggestions(problem, command.getErr());
        terminal.messages().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        if (verbose.getAsBoolean()) {
            problem.printStackTrace(terminal.messages());
        }
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception problem, CommandLine command, ParseResult parsed) {
        return handle(problem, command.getCommandSpec().optionsMap().containsKey(ConnectionOptions.CONNECT));
    }

    /** Does the last thing of a command, and answers its exit code unless that fails. */
    int guard(int exitCode, Runnable last) {
        try {
            last.run();
            return exitCode;
        } catch (CommandFailure | OutputClosedException problem) {
            return exitCode == ExitCode.OK ? handle(problem, false) : exitCode;
        }
    }

    private int handle(Exception problem, boolean remote) {
        if (problem instanceof OutputClosedException) {
            return ExitCode.OK;
        }
        if (problem instanceof RecoverableFailure recoverable) {
            int exitCode = handle(recoverable.failure(), remote);
            terminal.messages().println(recoverable.wayOut());
            return exitCode;
        }
        if (!stop.isRequested()) { // what fails then, fails because of that
            terminal.message(message(problem));
            if (remote && problem instanceof SyscallException failure && failure.code() == ErrorCode.UNAVAILABLE) {
                terminal.messages()
                        .println("Start a server with 'java -jar kernel.jar serve', or name another address with "
                                + ConnectionOptions.CONNECT + ".");
            }
            if (verbose.getAsBoolean()) {
                problem.printStackTrace(terminal.messages());
            }
        }
        return ExitCode.SOFTWARE;
    }

    private static String message(Exception problem) {
        if (problem instanceof SyscallException failure) {
            return Text.printable(String.valueOf(failure.getMessage()));
        }
        if (problem instanceof CommandFailure failure) {
            return Text.printable(failure.reason());
        }
        return Text.printable("unexpected failure: " + problem) + "; --verbose shows where";
    }
}
