package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.security.Capability;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "ls", description = "Lists a directory, sorted by name.")
final class LsCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(
            arity = "0..1",
            paramLabel = "PATH",
            description = "The virtual path of the directory. Default: the working directory of the process.")
    private String path = ".";

    @Option(names = "-l", description = "Show the mode, the size in bytes, the time of the last change and the name.")
    private boolean detailed;

    LsCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        List<DirectoryEntry> entries;
        try (Session session = options.open(stop)) {
            entries = options.process(session, Capability.LIST_DIRECTORY).execute(new ListDirectory(path));
        }
        if (json.wanted()) {
            terminal.line(Json.text(entries.stream().map(FileFields::of).toList()));
        } else if (detailed) {
            table(entries).lines().forEach(terminal::line);
        } else {
            entries.forEach(entry -> terminal.line(Text.printable(entry.name())));
        }
        return ExitCode.OK;
    }

    private static Table table(List<DirectoryEntry> entries) {
        Table table = new Table().left("").right("").left("").left("");
        entries.forEach(entry -> table.row(
                FileFields.mode(entry.stat()),
                Long.toString(entry.stat().size()),
                FileFields.localTime(entry.stat().modified()),
                Text.printable(entry.name())));
        return table;
    }
}
