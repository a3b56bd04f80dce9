package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.KernelEvent.EventsDropped;
import dev.syscallkernel.event.KernelEvent.PermissionDenied;
import dev.syscallkernel.event.KernelEvent.ProcessCreated;
import dev.syscallkernel.event.KernelEvent.ProcessTerminated;
import dev.syscallkernel.event.KernelEvent.ResourceCleanup;
import dev.syscallkernel.event.KernelEvent.SyscallExecuted;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.TypeConversionException;

/** Events as they are shown: their time, their type, and what belongs to it. */
final class EventFields {
    private EventFields() {}

    /** The type that is named on the command line. */
    static KernelEvent.Type type(String name) {
        return Arrays.stream(KernelEvent.Type.values())
                .filter(type -> type.wireName().equalsIgnoreCase(name))
                .findAny()
                .orElseThrow(() -> new TypeConversionException("no event has the type '" + name + "'; there are "
                        + Arrays.stream(KernelEvent.Type.values())
                                .map(KernelEvent.Type::wireName)
                                .collect(Collectors.joining(", "))));
    }

    static Map<String, Object> of(KernelEvent event) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("time", event.time().toString());
        fields.put("type", event.type().wireName());
        if (event instanceof ProcessCreated created) {
            fields.put("pid", created.pid().value());
            fields.put("name", created.name());
        } else if (event instanceof ProcessTerminated terminated) {
            fields.put("pid", terminated.pid().value());
            fields.put("exit_code", terminated.exitCode());
        } else if (event instanceof SyscallExecuted executed) {
            fields.put("pid", executed.pid().value());
            fields.put("syscall", executed.syscall());
            fields.put("success", executed.success());
        } else if (event instanceof PermissionDenied denied) {
            fields.put("pid", denied.pid().value());
            fields.put("syscall", denied.syscall());
            fields.put("reason", denied.reason());
        } else if (event instanceof ResourceCleanup cleanup) {
            addTo(fields, cleanup);
        } else if (event instanceof EventsDropped dropped) {
            fields.put("count", dropped.count());
        }
        return fields;
    }

    private static void addTo(Map<String, Object> fields, ResourceCleanup cleanup) {
        fields.put("pid", cleanup.pid().value());
        fields.put("resources_freed", cleanup.resourcesFreed());
        fields.put("bytes_freed", cleanup.bytesFreed());
        fields.put("duration_us", cleanup.duration().toNanos() / 1_000);
        fields.put("by_type", new TreeMap<>(cleanup.byType()));
        fields.put("errors", cleanup.errors());
    }

    /** On one line: the time, the type, and the rest as {@code name=value}. */
    static String line(KernelEvent event) {
        return of(event).entrySet().stream().map(EventFields::text).collect(Collectors.joining(" "));
    }

    private static String text(Map.Entry<String, Object> field) {
        return switch (field.getKey()) {
            case "time", "type" -> String.valueOf(field.getValue());
            default -> field.getKey() + "=" + Text.printable(Json.text(field.getValue()));
        };
    }
}
