package dev.syscallkernel.grpc.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Where a command writes: results as bytes or as lines in UTF-8, whatever the locale, and messages for people. Lines are
 * kept until {@link #flush()}. Not thread-safe.
 */
final class Terminal {
    private static final int DEFAULT_COLUMNS = 80;

    private final WritableByteChannel bytes;
    private final Writer lines;
    private final PrintStream messages;
    private final boolean interactive;

    /** @param interactive whether messages go to a terminal, on which a line can be written over */
    Terminal(OutputStream results, PrintStream messages, boolean interactive) {
        this.bytes = Channels.newChannel(results);
        this.lines = new BufferedWriter(new OutputStreamWriter(results, StandardCharsets.UTF_8));
        this.messages = messages;
        this.interactive = interactive;
    }

    /** Standard output without the buffer of {@code System.out}, which would hide failures, and standard error. */
    static Terminal standard() {
        return new Terminal(
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                FileDescriptors.isTerminal(FileDescriptors.ERR));
    }

    /** Writes all of the buffer. */
    void write(ByteBuffer data) {
        try {
            while (data.hasRemaining()) {
                bytes.write(data);
            }
        } catch (IOException problem) {
            throw failure(problem);
        }
    }

    void line(String text) {
        try {
            lines.write(text);
            lines.write('\n');
        } catch (IOException problem) {
            throw failure(problem);
        }
    }

    void flush() {
        try {
            lines.flush();
        } catch (IOException problem) {
            throw failure(problem);
        }
    }

    private static RuntimeException failure(IOException problem) {
        String message = String.valueOf(problem.getMessage());
        // The system's message may be translated; but what else than a missing reader can be wrong with a pipe?
        boolean noReader =
                message.toLowerCase(Locale.ROOT).contains("broken pipe") || FileDescriptors.isPipe(FileDescriptors.OUT);
        return noReader
                ? new OutputClosedException(problem)
                : new CommandFailure("cannot write to standard output: " + message, problem);
    }

    /** For messages that are not the result. */
    PrintStream messages() {
        return messages;
    }

    /** Says something to the user, as one line that begins with the program's name. */
    void message(String text) {
        messages.println("kernel: " + text);
    }

    boolean interactive() {
        return interactive;
    }

    /** How many characters fit into a line of messages. */
    int columns() {
        String columns = System.getenv("COLUMNS");
        return columns != null && columns.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(columns) : DEFAULT_COLUMNS;
    }

    PrintWriter resultWriter() {
        return new PrintWriter(lines);
    }

    PrintWriter messageWriter() {
        return new PrintWriter(messages, true, StandardCharsets.UTF_8);
    }
}
