package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.syscallkernel.Pid;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.KernelEvent.EventsDropped;
import dev.syscallkernel.event.KernelEvent.PermissionDenied;
import dev.syscallkernel.event.KernelEvent.ProcessCreated;
import dev.syscallkernel.event.KernelEvent.ProcessTerminated;
import dev.syscallkernel.event.KernelEvent.ResourceCleanup;
import dev.syscallkernel.event.KernelEvent.SyscallExecuted;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventCodecTest {
    private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);
    private static final Pid PID = new Pid(Integer.MAX_VALUE);

    static List<KernelEvent> events() {
        return List.of(
                new ProcessCreated(TIME, PID, "näme"),
                new ProcessTerminated(TIME, PID, -1),
                new SyscallExecuted(TIME, PID, "read_file", true),
                new SyscallExecuted(TIME, PID, "read_file", false),
                new PermissionDenied(TIME, PID, "read_file", "no"),
                new ResourceCleanup(
                        TIME, PID, 5, Duration.ofNanos(7_000), Map.of("stream", 2L, "a", 1L), List.of("x", "y")),
                new ResourceCleanup(TIME, PID, 0, Duration.ZERO, Map.of(), List.of()),
                new EventsDropped(TIME, Long.MAX_VALUE));
    }

    @ParameterizedTest
    @MethodSource("events")
    void eventsSurviveTheWay(KernelEvent event) throws InvalidProtocolBufferException {
        byte[] bytes = EventCodec.toWire(event).toByteArray();
        assertThat(EventCodec.fromWire(dev.syscallkernel.proto.KernelEvent.parseFrom(bytes)))
                .contains(event);
    }

    @Test
    void everyTypeHasASample() {
        assertThat(events().stream().map(KernelEvent::type).collect(Collectors.toSet()))
                .isEqualTo(EnumSet.allOf(KernelEvent.Type.class));
    }

    @Test
    void theNumberOfResourcesIsToldAsWell() {
        assertThat(EventCodec.toWire(events().get(5)).getResourceCleanup().getResourcesFreed())
                .isEqualTo(3);
    }

    @Test
    void anEventFromTheFutureIsNone() {
        assertThat(EventCodec.fromWire(dev.syscallkernel.proto.KernelEvent.newBuilder()
                        .setTimestamp(1)
                        .build()))
                .isEmpty();
    }

    @Test
    void choicesSurviveTheWay() {
        for (Set<KernelEvent.Type> types : List.of(
                Set.<KernelEvent.Type>of(),
                EnumSet.of(KernelEvent.Type.PROCESS_CREATED),
                EnumSet.allOf(KernelEvent.Type.class))) {
            assertThat(EventCodec.fromWire(EventCodec.toWire(types))).isEqualTo(types);
        }
    }
}
