package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.security.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "batch",
        description = {
            "Executes the syscalls of a JSON file in one call, and shows what became of each.",
            "The file holds an array of objects such as {\"op\": \"write_file\", \"path\": \"/a.txt\", \"text\": \"hello\"}."
        })
final class BatchCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Parameters(paramLabel = "FILE", description = "The file with the syscalls, on this machine.")
    private Path file = Path.of("");

    @Option(names = "--atomic", description = "All or nothing, also if the kernel is killed.")
    private boolean atomic;

    @Option(
            names = "--durable",
            description = "All or nothing, also after a power failure. Takes a server with --state.")
    private boolean durable;

    @Option(names = "--parallel", description = "Execute several at a time, in no order.")
    private boolean parallel;

    @Option(names = "--stop-on-failure", description = "Start nothing more once one has failed.")
    private boolean stopOnFailure;

    BatchCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        List<Syscall<?>> calls = calls();
        Batch.Mode mode = mode();
        BatchResult result;
        try (Session session = options.open(stop)) {
            KernelProcess process = options.process(
                    session,
                    Capability.READ_FILE,
                    Capability.WRITE_FILE,
                    Capability.CREATE_FILE,
                    Capability.DELETE_FILE,
                    Capability.LIST_DIRECTORY,
                    Capability.TIME_ACCESS);
            Batch.Builder batch = Batch.builder().mode(mode);
            calls.forEach(call -> batch.add(process.pid(), call));
            if (stopOnFailure) {
                batch.stopOnFailure();
            }
            result = session.kernel().batches().execute(batch.build());
        }
        if (json.wanted()) {
            terminal.line(Json.text(fields(calls, result)));
        } else {
            show(calls, result);
        }
        return result.failureCount() == 0 ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private List<Syscall<?>> calls() {
        try {
            return BatchFile.parse(Files.readString(file));
        } catch (IllegalArgumentException refusal) {
            throw new CommandFailure("cannot use " + file + ": " + refusal.getMessage(), refusal);
        } catch (IOException problem) {
            throw new CommandFailure("cannot read " + file + ": " + problem, problem);
        }
    }

    private Batch.Mode mode() {
        if (parallel && (atomic || durable)) {
            throw new ParameterException(command.commandLine(), "--parallel cannot be --atomic or --durable");
        }
        if (durable) {
            return Batch.Mode.DURABLE;
        }
        if (atomic) {
            return Batch.Mode.ATOMIC;
        }
        return parallel ? Batch.Mode.PARALLEL : Batch.Mode.SEQUENTIAL;
    }

    private void show(List<Syscall<?>> calls, BatchResult result) {
        Table table =
                new Table().right("#").left("SYSCALL").left("ON").right("MS").left("RESULT");
        for (int i = 0; i < calls.size(); i++) {
            SyscallOutcome outcome = result.outcomes().get(i);
            table.row(
                    Integer.toString(i + 1),
                    calls.get(i).name(),
                    Text.printable(calls.get(i).subject()),
                    String.format(Locale.ROOT, "%.1f", outcome.time().toNanos() / 1e6),
                    Text.printable(describe(outcome)));
        }
        table.lines().forEach(terminal::line);
        terminal.line(String.format(
                Locale.ROOT,
                "%d succeeded, %d failed, %d skipped in %.1f ms%s",
                result.successCount(),
                result.failureCount(),
                result.skippedCount(),
                result.duration().toNanos() / 1e6,
                result.rolledBack() ? "; everything was rolled back" : ""));
    }

    private static String describe(SyscallOutcome outcome) {
        if (outcome instanceof SyscallOutcome.Failure failure) {
            return failure.error().code() + ": " + failure.error().reason();
        }
        if (outcome instanceof SyscallOutcome.Skipped skipped) {
            return "skipped: " + skipped.reason();
        }
        Object value = ((SyscallOutcome.Success) outcome).value();
        if (value instanceof byte[] content) {
            return content.length + " bytes";
        }
        if (value instanceof FileStat stat) {
            return stat.kind().name().toLowerCase(Locale.ROOT) + ", " + stat.size() + " bytes";
        }
        return value instanceof List<?> entries ? entries.size() + " entries" : value == null ? "ok" : value.toString();
    }

    private static Map<String, ?> fields(List<Syscall<?>> calls, BatchResult result) {
        List<Map<String, ?>> outcomes = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            outcomes.add(fields(calls.get(i), result.outcomes().get(i)));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("outcomes", outcomes);
        fields.put("succeeded", result.successCount());
        fields.put("failed", result.failureCount());
        fields.put("skipped", result.skippedCount());
        fields.put("rolled_back", result.rolledBack());
        fields.put("duration_ms", result.duration().toNanos() / 1e6);
        return fields;
    }

    private static Map<String, ?> fields(Syscall<?> call, SyscallOutcome outcome) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("op", call.name());
        fields.put("subject", call.subject());
        fields.put("time_ms", outcome.time().toNanos() / 1e6);
        if (outcome instanceof SyscallOutcome.Failure failure) {
            SyscallException error = failure.error();
            fields.put("outcome", "failure");
            fields.put("code", error.code().name());
            fields.put("reason", error.reason());
        } else if (outcome instanceof SyscallOutcome.Skipped skipped) {
            fields.put("outcome", "skipped");
            fields.put("reason", skipped.reason());
        } else {
            fields.put("outcome", "success");
            Object value = value(((SyscallOutcome.Success) outcome).value());
            if (value != null) {
                fields.put("value", value);
            }
        }
        return fields;
    }

    private static @Nullable Object value(@Nullable Object value) {
        if (value instanceof byte[] content) {
            return Base64.getEncoder().encodeToString(content);
        }
        if (value instanceof FileStat stat) {
            return FileFields.of(stat);
        }
        if (value instanceof List<?> entries) {
            return entries.stream()
                    .map(entry -> entry instanceof DirectoryEntry known ? FileFields.of(known.stat()) : entry)
                    .toList();
        }
        return value;
    }
}
