package dev.syscallkernel.grpc.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "task",
        description = "Submits, watches and cancels syscalls that go on by themselves.",
        synopsisSubcommandLabel = "COMMAND")
final class TaskCommand implements Runnable {
    @Spec
    private CommandSpec command = CommandSpec.create();

    private TaskCommand() {}

    static CommandLine of(Terminal terminal, StopRequest stop) {
        return new CommandLine(new TaskCommand())
                .addSubcommand(new TaskSubmitCommand(terminal, stop))
                .addSubcommand(new TaskListCommand(terminal, stop))
                .addSubcommand(new TaskStatusCommand(terminal, stop))
                .addSubcommand(new TaskWaitCommand(terminal, stop))
                .addSubcommand(new TaskWatchCommand(terminal, stop))
                .addSubcommand(new TaskCancelCommand(terminal, stop));
    }

    @Override
    public void run() {
        throw new ParameterException(command.commandLine(), "Missing command");
    }
}
