package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.process.ProcessInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

@Command(name = "ps", description = "Lists the live processes of a kernel.")
final class PsCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    PsCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        List<ProcessInfo> processes;
        try (Session session = connection.open(stop)) {
            processes = session.kernel().processes();
        }
        if (json.wanted()) {
            terminal.line(Json.text(processes.stream().map(PsCommand::fields).toList()));
        } else {
            table(processes).lines().forEach(terminal::line);
        }
        return ExitCode.OK;
    }

    private static Table table(List<ProcessInfo> processes) {
        Table table = new Table()
                .right("PID")
                .left("LEVEL")
                .left("CREATED")
                .right("STREAMS")
                .right("SYSCALLS")
                .right("FAILED")
                .left("NAME");
        processes.forEach(process -> table.row(
                process.pid().toString(),
                process.level().name(),
                FileFields.localTime(process.createdAt()),
                Integer.toString(process.openStreams()),
                Long.toString(process.syscalls()),
                Long.toString(process.failedSyscalls()),
                Text.printable(process.name())));
        return table;
    }

    private static Map<String, Object> fields(ProcessInfo process) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pid", process.pid().value());
        fields.put("name", process.name());
        fields.put("level", process.level().name());
        fields.put("priority", process.priority());
        fields.put("created_at", process.createdAt().toString());
        fields.put("working_directory", process.workingDirectory());
        fields.put("open_streams", process.openStreams());
        fields.put("syscalls", process.syscalls());
        fields.put("failed_syscalls", process.failedSyscalls());
        fields.put(
                "capabilities",
                process.sandbox().capabilities().stream()
                        .sorted()
                        .map(Enum::name)
                        .toList());
        fields.put("mounts", process.mounts().stream().map(PsCommand::fields).toList());
        return fields;
    }

    private static Map<String, Object> fields(ProcessInfo.MountPoint mount) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("path", mount.path());
        fields.put("access", mount.access().name());
        return fields;
    }
}
