package dev.syscallkernel.grpc;

import dev.syscallkernel.Pid;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.KernelEvent.EventsDropped;
import dev.syscallkernel.event.KernelEvent.PermissionDenied;
import dev.syscallkernel.event.KernelEvent.ProcessCreated;
import dev.syscallkernel.event.KernelEvent.ProcessTerminated;
import dev.syscallkernel.event.KernelEvent.ResourceCleanup;
import dev.syscallkernel.event.KernelEvent.SyscallExecuted;
import dev.syscallkernel.proto.EventStreamRequest;
import dev.syscallkernel.proto.PermissionDeniedEvent;
import dev.syscallkernel.proto.ProcessCreatedEvent;
import dev.syscallkernel.proto.ProcessTerminatedEvent;
import dev.syscallkernel.proto.ResourceCleanupEvent;
import dev.syscallkernel.proto.ResourceTypeCleanup;
import dev.syscallkernel.proto.SyscallExecutedEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Events, and the choice of them. */
final class EventCodec {
    private static final Map<String, KernelEvent.Type> BY_NAME = Arrays.stream(KernelEvent.Type.values())
            .collect(Collectors.toMap(KernelEvent.Type::wireName, type -> type));

    private EventCodec() {}

    static EventStreamRequest toWire(Set<KernelEvent.Type> types) {
        EventStreamRequest.Builder request = EventStreamRequest.newBuilder();
        types.stream().sorted().map(KernelEvent.Type::wireName).forEach(request::addEventTypes);
        return request.build();
    }

    /** @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for a name that is not known */
    static Set<KernelEvent.Type> fromWire(EventStreamRequest request) {
        EnumSet<KernelEvent.Type> types = EnumSet.noneOf(KernelEvent.Type.class);
        for (String name : request.getEventTypesList()) {
            KernelEvent.Type type = BY_NAME.get(name);
            if (type == null) {
                throw Failures.malformed(
                        "stream_events", "unknown event type '" + name + "'; known are " + knownNames());
            }
            types.add(type);
        }
        return types;
    }

    private static String knownNames() {
        return Arrays.stream(KernelEvent.Type.values())
                .map(KernelEvent.Type::wireName)
                .collect(Collectors.joining(", "));
    }

    static dev.syscallkernel.proto.KernelEvent toWire(KernelEvent event) {
        dev.syscallkernel.proto.KernelEvent.Builder wire = dev.syscallkernel.proto.KernelEvent.newBuilder()
                .setTimestamp(Math.max(0, event.time().toEpochMilli()));
        if (event instanceof ProcessCreated created) {
            wire.setProcessCreated(ProcessCreatedEvent.newBuilder()
                    .setPid(created.pid().value())
                    .setName(created.name()));
        } else if (event instanceof ProcessTerminated terminated) {
            wire.setProcessTerminated(ProcessTerminatedEvent.newBuilder()
                    .setPid(terminated.pid().value())
                    .setExitCode(terminated.exitCode()));
        } else if (event instanceof SyscallExecuted executed) {
            wire.setSyscallExecuted(SyscallExecutedEvent.newBuilder()
                    .setPid(executed.pid().value())
                    .setSyscallType(executed.syscall())
                    .setSuccess(executed.success()));
        } else if (event instanceof PermissionDenied denied) {
            wire.setPermissionDenied(PermissionDeniedEvent.newBuilder()
                    .setPid(denied.pid().value())
                    .setSyscallType(denied.syscall())
                    .setReason(denied.reason()));
        } else if (event instanceof ResourceCleanup cleanup) {
            wire.setResourceCleanup(toWire(cleanup));
        } else if (event instanceof EventsDropped dropped) {
            wire.setDropped(dev.syscallkernel.proto.EventsDropped.newBuilder().setCount(dropped.count()));
        }
        return wire.build();
    }

    private static ResourceCleanupEvent toWire(ResourceCleanup cleanup) {
        ResourceCleanupEvent.Builder wire = ResourceCleanupEvent.newBuilder()
                .setPid(cleanup.pid().value())
                .setResourcesFreed(cleanup.resourcesFreed())
                .setBytesFreed(cleanup.bytesFreed())
                .setCleanupDurationUs(WireValues.nanos(cleanup.duration()) / 1000)
                .addAllErrors(cleanup.errors());
        new TreeMap<>(cleanup.byType())
                .forEach((type, count) -> wire.addByType(
                        ResourceTypeCleanup.newBuilder().setResourceType(type).setCount(count)));
        return wire.build();
    }

    /** The event; empty for one that only newer kernels know. */
    static Optional<KernelEvent> fromWire(dev.syscallkernel.proto.KernelEvent wire) {
        Instant time = Instant.ofEpochMilli(wire.getTimestamp());
        return switch (wire.getEventCase()) {
            case PROCESS_CREATED -> {
                ProcessCreatedEvent created = wire.getProcessCreated();
                yield Optional.of(new ProcessCreated(time, new Pid(created.getPid()), created.getName()));
            }
            case PROCESS_TERMINATED -> {
                ProcessTerminatedEvent ended = wire.getProcessTerminated();
                yield Optional.of(new ProcessTerminated(time, new Pid(ended.getPid()), ended.getExitCode()));
            }
            case SYSCALL_EXECUTED -> {
                SyscallExecutedEvent executed = wire.getSyscallExecuted();
                yield Optional.of(new SyscallExecuted(
                        time, new Pid(executed.getPid()), executed.getSyscallType(), executed.getSuccess()));
            }
            case PERMISSION_DENIED -> {
                PermissionDeniedEvent denied = wire.getPermissionDenied();
                yield Optional.of(new PermissionDenied(
                        time, new Pid(denied.getPid()), denied.getSyscallType(), denied.getReason()));
            }
            case RESOURCE_CLEANUP -> Optional.of(fromWire(time, wire.getResourceCleanup()));
            case DROPPED ->
                Optional.of(new EventsDropped(time, wire.getDropped().getCount()));
            case EVENT_NOT_SET -> Optional.empty();
        };
    }

    private static ResourceCleanup fromWire(Instant time, ResourceCleanupEvent cleanup) {
        Map<String, Long> byType = cleanup.getByTypeList().stream()
                .collect(Collectors.toMap(
                        ResourceTypeCleanup::getResourceType, ResourceTypeCleanup::getCount, Long::sum));
        return new ResourceCleanup(
                time,
                new Pid(cleanup.getPid()),
                cleanup.getBytesFreed(),
                Duration.ofNanos(cleanup.getCleanupDurationUs() * 1000),
                byType,
                cleanup.getErrorsList());
    }
}
