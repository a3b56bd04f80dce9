package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.task.TaskId;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine;

/** Puts the commands together and runs the one that is asked for. */
final class CommandLines {
    private static final char REPLACEMENT = '\ufffd';

    private CommandLines() {}

    /**
     * Runs a command to its end, or until it is asked to stop.
     *
     * @return the exit code
     */
    static int run(String[] arguments, Terminal terminal, StopRequest stop) {
        KernelCommand program = new KernelCommand();
        CommandLine commands = commands(program, terminal, stop);
        Failures failures = new Failures(terminal, stop, program::verbose);
        commands.setParameterExceptionHandler(failures);
        commands.setExecutionExceptionHandler(failures);
        commands.setExecutionStrategy(parsed -> {
            if (program.verbose()) {
                Logging.verbose();
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        Optional<String> mangled =
                Arrays.stream(arguments).filter(CommandLines::mangled).findFirst();
        if (mangled.isPresent()) {
            terminal.message("this JVM's locale cannot decode '" + mangled.get() + "'; set LC_ALL=C.UTF-8");
            return CommandLine.ExitCode.USAGE;
        }
        int exitCode = commands.execute(arguments);
        return failures.guard(exitCode, terminal::flush);
    }

    private static CommandLine commands(KernelCommand program, Terminal terminal, StopRequest stop) {
        return new CommandLine(program)
                .addSubcommand(new ServeCommand(terminal, stop))
                .addSubcommand(new CatCommand(terminal, stop))
                .addSubcommand(new PutCommand(terminal, stop))
                .addSubcommand(new LsCommand(terminal, stop))
                .addSubcommand(new StatCommand(terminal, stop))
                .addSubcommand(new InfoCommand(terminal, stop))
                .addSubcommand(new PsCommand(terminal, stop))
                .addSubcommand(new EventsCommand(terminal, stop))
                .addSubcommand(new CommandLine(new RunCommand(terminal, stop)).setStopAtPositional(true))
                .addSubcommand(TaskCommand.of(terminal, stop))
                .addSubcommand(new TasksCommand(terminal, stop))
                .addSubcommand(new BatchCommand(terminal, stop))
                .addSubcommand(new RecoverCommand(terminal))
                .addSubcommand(new DemoCommand(terminal, stop))
                .registerConverter(ByteSize.class, ByteSize::parse)
                .registerConverter(TimeSpan.class, TimeSpan::parse)
                .registerConverter(TaskId.class, TaskFields::id)
                .registerConverter(Mount.HostDirectory.class, MountConverter::parse)
                .registerConverter(ProgramUser.class, ProgramUser::parse)
                .registerConverter(KernelEvent.Type.class, EventFields::type)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOut(terminal.resultWriter())
                .setErr(terminal.messageWriter());
    }

    /** Java decodes the arguments by the locale, and what it cannot decode is lost. */
    private static boolean mangled(String argument) {
        return argument.indexOf(REPLACEMENT) >= 0 && !Text.namesAreUtf8();
    }
}
