package dev.syscallkernel.process;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A program to be started, and what it is given. No shell is involved: arguments arrive as they are. Immutable.
 *
 * <pre>{@code
 * SpawnedProcess child = process.spawn(
 *         Command.of("sort", "-u", "names.txt").workingDirectory("/workspace").build());
 * try (StreamingReader output = process.output(child.pid(), ProgramOutput.STDOUT)) { ... }
 * ExitStatus status = process.await(child.pid());
 * }</pre>
 *
 * @param program a virtual path in a mount, a path of the system's programs such as {@code /usr/bin/sort}, or a name to
 *     be looked for along the PATH
 * @param arguments without the program itself
 * @param environment all its environment variables, beside a PATH if this has none
 * @param startIn the virtual path of its working directory; null for that of its process
 * @param input where its standard input comes from
 * @param output where its standard output and standard error go to
 * @param limits what it may use
 * @param retained the capabilities that it keeps of its process; null for all
 */
public record Command(
        String program,
        List<String> arguments,
        Map<String, String> environment,
        @Nullable String startIn,
        Input input,
        Output output,
        CommandLimits limits,
        @Nullable Set<Capability> retained) {

    /** Where standard input comes from. */
    public enum Input {
        /** There is none: reading it is at its end. */
        EMPTY,
        /** What is written to the process's {@link dev.syscallkernel.KernelProcess#input}, until that is committed. */
        STREAM
    }

    /** Where output goes to. */
    public enum Output {
        /** Standard output and standard error are streams of their own. */
        SEPARATE,
        /** Standard error goes where standard output goes. */
        MERGED,
        /** Nowhere. */
        DISCARDED,
        /** As separate streams, but the program never waits for a reader: of each stream the last MiB is kept. */
        RECORDED
    }

    public Command {
        requireNonNull(input, "input");
        requireNonNull(output, "output");
        requireNonNull(limits, "limits");
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
        retained = retained == null ? null : Set.copyOf(retained);
        environment.forEach(SystemSyscall.SetEnvVar::new); // which says what is wrong with one
        if (program.isEmpty()) {
            throw new IllegalArgumentException("a command needs a program");
        }
        requireNoNul(program, "the program");
        arguments.forEach(argument -> requireNoNul(argument, "an argument"));
        if (startIn != null) {
            requireNoNul(startIn, "the working directory");
        }
    }

    private static void requireNoNul(String text, String what) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + " contains NUL");
        }
    }

    /** The virtual path of its working directory, where it is not that of its process. */
    public Optional<String> workingDirectory() {
        return Optional.ofNullable(startIn);
    }

    /** The capabilities that it keeps, where those are not all. */
    public Optional<Set<Capability>> capabilities() {
        return Optional.ofNullable(retained);
    }

    /** Starts the description of a command without input whose output is read as two streams. */
    public static Builder of(String program, String... arguments) {
        return new Builder(program, List.of(arguments));
    }

    /** Collects what a program is given. Not thread-safe. */
    public static final class Builder {
        private final String program;
        private final List<String> arguments;
        private final Map<String, String> environment = new LinkedHashMap<>();
        private @Nullable String workingDirectory;
        private Input input = Input.EMPTY;
        private Output output = Output.SEPARATE;
        private CommandLimits limits = CommandLimits.DEFAULT;
        private @Nullable Set<Capability> capabilities;

        private Builder(String program, List<String> arguments) {
            this.program = requireNonNull(program, "program");
            this.arguments = new ArrayList<>(arguments);
        }

        /** Adds arguments. */
        public Builder arguments(List<String> further) {
            arguments.addAll(further);
            return this;
        }

        public Builder environment(String key, String value) {
            environment.put(requireNonNull(key, "key"), requireNonNull(value, "value"));
            return this;
        }

        public Builder workingDirectory(String virtualPath) {
            this.workingDirectory = requireNonNull(virtualPath, "virtualPath");
            return this;
        }

        public Builder input(Input source) {
            this.input = requireNonNull(source, "source");
            return this;
        }

        public Builder output(Output target) {
            this.output = requireNonNull(target, "target");
            return this;
        }

        public Builder limits(CommandLimits most) {
            this.limits = requireNonNull(most, "most");
            return this;
        }

        /** Sets which capabilities of its process the program keeps; all by default. */
        public Builder capabilities(Set<Capability> kept) {
            this.capabilities = Set.copyOf(kept);
            return this;
        }

        /**
         * Makes the command.
         *
         * @throws IllegalArgumentException for what no program can be given, such as an argument with NUL
         */
        public Command build() {
            return new Command(program, arguments, environment, workingDirectory, input, output, limits, capabilities);
        }
    }
}
