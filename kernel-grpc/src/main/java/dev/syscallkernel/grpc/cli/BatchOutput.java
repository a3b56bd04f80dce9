package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What became of a batch, as it is shown. */
final class BatchOutput {
    private BatchOutput() {}

    /** A line for each syscall, and one for all. */
    static void show(BatchResult result, Terminal terminal) {
        Table table =
                new Table().right("#").left("SYSCALL").left("ON").right("MS").left("RESULT");
        for (int i = 0; i < result.calls().size(); i++) {
            BatchResult.Call call = result.calls().get(i);
            SyscallOutcome outcome = result.outcomes().get(i);
            table.row(
                    Integer.toString(i + 1),
                    call.syscall(),
                    Text.printable(call.subject()),
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

    static Map<String, Object> fields(BatchResult result) {
        List<Map<String, ?>> outcomes = new ArrayList<>();
        for (int i = 0; i < result.calls().size(); i++) {
            outcomes.add(fields(result.calls().get(i), result.outcomes().get(i)));
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

    private static Map<String, ?> fields(BatchResult.Call call, SyscallOutcome outcome) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("op", call.syscall());
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
