package dev.syscallkernel.contract;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of the tests in a JVM of its own, which can be killed, or be short of something. One line in, one line out. */
public final class ChildJvm implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final BufferedReader out;
    private final Writer in;

    private ChildJvm(List<String> command) throws IOException {
        this(command, Map.of());
    }

    private ChildJvm(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        this.process = builder.start();
        this.out = process.inputReader(StandardCharsets.UTF_8);
        this.in = process.outputWriter(StandardCharsets.UTF_8);
    }

    /** Starts the main method of a class of the tests. */
    public static ChildJvm start(List<String> jvmOptions, Class<?> main, String... arguments) throws IOException {
        return new ChildJvm(command(jvmOptions, main, arguments));
    }

    /** Starts it with no more descriptors than so many. */
    public static ChildJvm startWithDescriptors(int count, Class<?> main, String... arguments) throws IOException {
        List<String> limited = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + count + "; exec \"$@\"", "sh"));
        limited.addAll(command(List.of(), main, arguments));
        return new ChildJvm(limited);
    }

    /** Starts it with more variables in its environment. */
    public static ChildJvm startWith(Map<String, String> environment, Class<?> main, String... arguments)
            throws IOException {
        return new ChildJvm(command(List.of(), main, arguments), environment);
    }

    /**
     * Starts it as another user, with more variables in its environment; only root can.
     *
     * @param copies where he finds the class path, which he may not be able to read where it is
     */
    public static ChildJvm startAs(
            int user, Path copies, Map<String, String> environment, Class<?> main, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--inh-caps=-all", "--"));
        command.addAll(command(copyOfClassPath(copies), List.of(), main, arguments));
        return new ChildJvm(command, environment);
    }

    private static String copyOfClassPath(Path copies) throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path original = Path.of(entry);
            if (Files.exists(original)) {
                Path copy = copies.resolve(entries.size() + "-" + original.getFileName());
                copyTree(original, copy);
                entries.add(copy.toString());
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    /** The command that starts the main method of a class on the class path of the tests. */
    public static List<String> command(List<String> jvmOptions, Class<?> main, String... arguments) {
        return command(System.getProperty("java.class.path"), jvmOptions, main, arguments);
    }

    private static List<String> command(String classPath, List<String> jvmOptions, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1"); // it does not live for long
        String logging = System.getProperty("java.util.logging.config.file");
        if (logging != null) {
            command.add("-Djava.util.logging.config.file=" + logging);
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    public long pid() {
        return process.pid();
    }

    /** The next line that it prints. */
    public String readLine() throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the child JVM has ended");
        }
        return line;
    }

    /** Sends a line, and answers the line that comes back. */
    public String ask(String question) throws IOException {
        in.write(question + "\n");
        in.flush();
        return readLine();
    }

    /** Ends it as a power failure would. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the child JVM cannot be killed");
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
