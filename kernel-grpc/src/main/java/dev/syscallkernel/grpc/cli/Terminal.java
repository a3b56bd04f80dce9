package dev.syscallkernel.grpc.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Where a command reads and writes: input as bytes, results as bytes or as lines in UTF-8, whatever the locale, and messages for people. Lines are
 * kept until {@link #flush()}. Not thread-safe.
 */
final class Terminal {
    private static final int DEFAULT_COLUMNS = 80;
    private static final int DEFAULT_ROWS = 24;

    private final ReadableByteChannel input;
    private final WritableByteChannel bytes;
    private final Writer lines;
    private final FileDescriptors.Kind resultsTo;
    private final PrintStream messages;
    private final FileDescriptors.Kind messagesTo;

    /**
     * @param resultsTo what is at the other end of {@code results}
     * @param messagesTo what is at the other end of {@code messages}
     */
    Terminal(
            InputStream input,
            OutputStream results,
            FileDescriptors.Kind resultsTo,
            PrintStream messages,
            FileDescriptors.Kind messagesTo) {
        this.input = Channels.newChannel(input);
        this.bytes = Channels.newChannel(results);
        this.lines = new BufferedWriter(new OutputStreamWriter(results, StandardCharsets.UTF_8));
        this.resultsTo = resultsTo;
        this.messages = messages;
        this.messagesTo = messagesTo;
    }

    /** Standard input, standard output without the buffer of {@code System.out}, which would hide failures, and standard error. */
    static Terminal standard() {
        return new Terminal(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                FileDescriptors.ofOutput(),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                FileDescriptors.ofErrors());
    }

    /** Standard input. Closing it ends a waiting read. */
    ReadableByteChannel input() {
        return input;
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

    /** Whether lines that have been written can be written over. */
    boolean rewritable() {
        return resultsTo == FileDescriptors.Kind.TERMINAL;
    }

    /**
     * Writes lines over those that were written last, as many as fit onto the screen.
     *
     * @param before how many were written last
     * @return how many are written now
     */
    int rewrite(int before, List<String> text) {
        int count = Math.min(text.size(), rows() - 1);
        try {
            lines.write(before == 0 ? "" : "\033[" + before + "A");
            for (String line : text.subList(0, count)) {
                lines.write(line.substring(0, Math.min(line.length(), columns() - 1)) + "\033[K\n");
            }
            lines.write("\033[J");
        } catch (IOException problem) {
            throw failure(problem);
        }
        return count;
    }

    void flush() {
        try {
            lines.flush();
        } catch (IOException problem) {
            throw failure(problem);
        }
    }

    private RuntimeException failure(IOException problem) {
        String message = String.valueOf(problem.getMessage());
        // The system's message may be translated; but what else than a missing reader can be wrong with a pipe?
        boolean noReader = resultsTo == FileDescriptors.Kind.PIPE
                || message.toLowerCase(Locale.ROOT).contains("broken pipe");
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

    /** Whether messages go where a line can be written over. */
    boolean interactive() {
        return messagesTo == FileDescriptors.Kind.TERMINAL;
    }

    /** Whether results are shown where messages are, so that the two would get mixed up. */
    boolean showsResults() {
        return resultsTo == FileDescriptors.Kind.TERMINAL;
    }

    /** How many characters fit into a line of messages. */
    int columns() {
        String columns = System.getenv("COLUMNS");
        return columns != null && columns.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(columns) : DEFAULT_COLUMNS;
    }

    private static int rows() {
        String rows = System.getenv("LINES");
        return rows != null && rows.matches("[1-9][0-9]{0,3}") ? Math.max(2, Integer.parseInt(rows)) : DEFAULT_ROWS;
    }

    PrintWriter resultWriter() {
        return new PrintWriter(lines);
    }

    PrintWriter messageWriter() {
        return new PrintWriter(messages, true, StandardCharsets.UTF_8);
    }
}
