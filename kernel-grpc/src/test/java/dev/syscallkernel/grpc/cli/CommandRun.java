package dev.syscallkernel.grpc.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What a command did that was run in this JVM. */
final class CommandRun {
    private final int exitCode;
    private final byte[] output;
    private final String errors;

    private CommandRun(int exitCode, byte[] output, String errors) {
        this.exitCode = exitCode;
        this.output = output;
        this.errors = errors;
    }

    static CommandRun of(String... arguments) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        CommandRun run = writingTo(output, new StopRequest(), arguments);
        return new CommandRun(run.exitCode, output.toByteArray(), run.errors);
    }

    /** Writes its results elsewhere, and can be stopped. */
    static CommandRun writingTo(OutputStream output, StopRequest stop, String... arguments) {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                output,
                FileDescriptors.Kind.OTHER,
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                FileDescriptors.Kind.OTHER);
        int exitCode = CommandLines.run(arguments, terminal, stop);
        return new CommandRun(exitCode, new byte[0], errors.toString(StandardCharsets.UTF_8));
    }

    int exitCode() {
        return exitCode;
    }

    byte[] output() {
        return output;
    }

    /** The output as lines. */
    String text() {
        return new String(output, StandardCharsets.UTF_8);
    }

    String errors() {
        return errors;
    }
}
