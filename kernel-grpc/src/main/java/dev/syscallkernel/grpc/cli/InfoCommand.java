package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.process.ResourceLimits;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

@Command(name = "info", description = "Shows what a kernel is and can do, and the limits of its processes.")
final class InfoCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    InfoCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        KernelInfo info;
        try (Session session = connection.open(stop)) {
            info = session.kernel().info();
        }
        json.print(json.wanted() ? forPrograms(info) : forPeople(info), terminal);
        return ExitCode.OK;
    }

    private Map<String, Object> forPrograms(KernelInfo info) {
        Map<String, Object> fields = new LinkedHashMap<>();
        ResourceLimits limits = info.limits();
        fields.put("address", connection.address());
        fields.put("version", info.version());
        fields.put("started_at", info.startedAt().toString());
        fields.put("uptime_seconds", uptime(info).toSeconds());
        fields.put("ceiling", info.ceiling().name());
        fields.put("features", info.features().stream().sorted().toList());
        fields.put("launcher", info.launcher().map(Enum::name).orElse("NONE"));
        fields.put("max_processes", info.maxProcesses());
        Map<String, Object> perProcess = new LinkedHashMap<>();
        perProcess.put("max_inline_bytes", limits.maxInlineBytes());
        perProcess.put("max_open_streams", limits.maxOpenStreams());
        perProcess.put("max_tasks", limits.maxTasks());
        perProcess.put("max_file_descriptors", limits.maxFileDescriptors());
        perProcess.put("max_processes", limits.maxProcesses());
        perProcess.put("max_network_connections", limits.maxNetworkConnections());
        perProcess.put("max_memory_bytes", limits.maxMemoryBytes());
        perProcess.put("max_cpu_time_ms", limits.maxCpuTime().toMillis());
        fields.put("limits", perProcess);
        return fields;
    }

    private Map<String, Object> forPeople(KernelInfo info) {
        Map<String, Object> fields = new LinkedHashMap<>();
        ResourceLimits limits = info.limits();
        fields.put("address", connection.address());
        fields.put("version", info.version());
        fields.put("uptime", text(uptime(info)) + " (since " + FileFields.localTime(info.startedAt()) + ")");
        fields.put("ceiling", info.ceiling());
        fields.put(
                "features", String.join(", ", info.features().stream().sorted().toList()));
        fields.put("launcher of programs", info.launcher().map(Enum::name).orElse("none"));
        fields.put("processes at most", info.maxProcesses());
        fields.put("each process at most:", "");
        fields.put("  inline read or write", new ByteSize(limits.maxInlineBytes()));
        fields.put("  open streams", limits.maxOpenStreams());
        fields.put("  waiting calls", limits.maxTasks());
        fields.put("  file descriptors", limits.maxFileDescriptors());
        fields.put("  children", limits.maxProcesses());
        fields.put("  connections", limits.maxNetworkConnections());
        fields.put(
                "  memory of a child", unlimitedIfZero(new ByteSize(limits.maxMemoryBytes()), limits.maxMemoryBytes()));
        fields.put(
                "  CPU time of a child",
                unlimitedIfZero(text(limits.maxCpuTime()), limits.maxCpuTime().toNanos()));
        return fields;
    }

    private static Object unlimitedIfZero(Object value, long number) {
        return number == 0 ? "no limit" : value;
    }

    private static Duration uptime(KernelInfo info) {
        return Duration.between(info.startedAt(), Clock.systemUTC().instant());
    }

    /** Such as {@code 2d 3h 4m 5s}. */
    private static String text(Duration duration) {
        StringBuilder text = new StringBuilder();
        append(text, duration.toDaysPart(), "d ");
        append(text, duration.toHoursPart(), "h ");
        append(text, duration.toMinutesPart(), "m ");
        return text.append(duration.toSecondsPart()).append('s').toString();
    }

    private static void append(StringBuilder text, long amount, String unit) {
        if (amount > 0) {
            text.append(amount).append(unit);
        }
    }
}
