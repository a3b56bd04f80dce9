package dev.syscallkernel.grpc.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
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

    /** Reads its input from elsewhere, and can be stopped. */
    static CommandRun readingFrom(InputStream input, StopRequest stop, String... arguments) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        CommandRun run = run(input, output, stop, arguments);
        return new CommandRun(run.exitCode, output.toByteArray(), run.errors);
    }

    /** Writes its results elsewhere, and can be stopped. */
    static CommandRun writingTo(OutputStream output, StopRequest stop, String... arguments) {
        return run(InputStream.nullInputStream(), output, stop, arguments);
    }

    private static CommandRun run(InputStream input, OutputStream output, StopRequest stop, String... arguments) {
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                input,
                output,
                FileDescriptors.Kind.OTHER,
                new PrintStream(errors, true, StandardCharsets.UTF_8),
                FileDescriptors.Kind.OTHER);
        int exitCode = CommandLines.run(arguments, terminal, stop);
        return new CommandRun(exitCode, new byte[0], errors.toString(StandardCharsets.UTF_8));
    }

    /** Writes to a terminal of any kind. Its messages are left to whoever made it. */
    static CommandRun writingTo(Terminal terminal, StopRequest stop, String... arguments) {
        return new CommandRun(CommandLines.run(arguments, terminal, stop), new byte[0], "");
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
