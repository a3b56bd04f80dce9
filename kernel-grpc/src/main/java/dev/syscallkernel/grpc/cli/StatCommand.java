package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.security.Capability;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "stat", description = "Shows the attributes of a file or directory, after following links.")
final class StatCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(paramLabel = "PATH", description = "The virtual path.")
    private String path = "";

    StatCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        FileStat stat;
        try (Session session = options.open(stop)) {
            stat = options.process(session, Capability.READ_FILE).execute(new StatFile(path));
        }
        json.print(FileFields.of(stat), terminal);
        return ExitCode.OK;
    }
}
