package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.proto.AsyncStatusResponse;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WireEnumsTest {
    @Test
    void everyErrorCodeHasItsOwnNumberAndTheOtherWayRound() {
        assertThat(ErrorCode.values())
                .allSatisfy(code ->
                        assertThat(WireEnums.fromWire(WireEnums.toWire(code))).isEqualTo(code));
        // besides: UNSPECIFIED and UNRECOGNIZED
        assertThat(dev.syscallkernel.proto.ErrorCode.values()).hasSize(ErrorCode.values().length + 2);
    }

    @Test
    void everyCapabilityHasTheNumberOfTheEarlierService() {
        assertThat(Capability.values())
                .allSatisfy(capability -> assertThat(WireEnums.fromWire(WireEnums.toWire(capability)))
                        .isEqualTo(capability));
        assertThat(numbered(dev.syscallkernel.proto.Capability::forNumber))
                .containsExactly(
                        "READ_FILE",
                        "WRITE_FILE",
                        "CREATE_FILE",
                        "DELETE_FILE",
                        "LIST_DIRECTORY",
                        "SPAWN_PROCESS",
                        "KILL_PROCESS",
                        "NETWORK_ACCESS",
                        "BIND_PORT",
                        "SYSTEM_INFO",
                        "TIME_ACCESS",
                        "SEND_MESSAGE",
                        "RECEIVE_MESSAGE");
    }

    @Test
    void everyLevelHasTheNumberOfTheEarlierService() {
        assertThat(SandboxLevel.values())
                .allSatisfy(level ->
                        assertThat(WireEnums.fromWire(WireEnums.toWire(level))).isEqualTo(level));
        assertThat(numbered(dev.syscallkernel.proto.SandboxLevel::forNumber))
                .containsExactly("MINIMAL", "STANDARD", "PRIVILEGED");
    }

    @Test
    void everyWriteModeHasTheNumberThatWasAgreedOn() {
        assertThat(WriteMode.values())
                .allSatisfy(mode ->
                        assertThat(WireEnums.fromWire(WireEnums.toWire(mode))).isEqualTo(mode));
        assertThat(numbered(dev.syscallkernel.proto.WriteMode::forNumber))
                .containsExactly("REPLACE", "APPEND", "CREATE_NEW");
    }

    @Test
    void everyStateOfATaskHasTheNumberOfTheEarlierService() {
        assertThat(TaskState.values())
                .allSatisfy(state ->
                        assertThat(WireEnums.fromWire(WireEnums.toWire(state))).isEqualTo(state));
        assertThat(numbered(AsyncStatusResponse.Status::forNumber))
                .containsExactly("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED");
    }

    @Test
    void everyPriorityHasTheNumberThatWasAgreedOn() {
        assertThat(Priority.values())
                .allSatisfy(priority -> assertThat(WireEnums.fromWire(WireEnums.toWire(priority)))
                        .isEqualTo(priority));
        assertThat(WireEnums.fromWire(dev.syscallkernel.proto.Priority.PRIORITY_UNSPECIFIED))
                .isEqualTo(Priority.NORMAL);
        assertThat(numbered(dev.syscallkernel.proto.Priority::forNumber))
                .containsExactly(
                        "PRIORITY_UNSPECIFIED",
                        "PRIORITY_BACKGROUND",
                        "PRIORITY_LOW",
                        "PRIORITY_NORMAL",
                        "PRIORITY_HIGH",
                        "PRIORITY_CRITICAL");
    }

    @Test
    void everyKindOfFileSurvivesTheWay() {
        assertThat(FileKind.values())
                .allSatisfy(kind ->
                        assertThat(WireEnums.fromWire(WireEnums.toWire(kind))).isEqualTo(kind));
    }

    /** The names of the constants 0, 1, 2 and so on. */
    private static List<String> numbered(IntFunction<? extends @Nullable Enum<?>> constants) {
        List<String> names = new ArrayList<>();
        for (Enum<?> next = constants.apply(0); next != null; next = constants.apply(names.size())) {
            names.add(next.name());
        }
        return names;
    }

    @Test
    void whatConcernsProgramsSurvivesTheWay() {
        for (ExitCause cause : ExitCause.values()) {
            assertThat(WireEnums.fromWire(WireEnums.toWire(cause))).isEqualTo(cause);
        }
        for (ProcessState state : ProcessState.values()) {
            assertThat(WireEnums.fromWire(WireEnums.toWire(state))).isEqualTo(state);
        }
        for (LauncherTier tier : LauncherTier.values()) {
            assertThat(WireEnums.fromWire(WireEnums.toWire(tier))).isEqualTo(tier);
        }
        for (ProgramOutput output : ProgramOutput.values()) {
            assertThat(WireEnums.fromWire(WireEnums.toWire(output))).isEqualTo(output);
        }
        for (Command.Input input : Command.Input.values()) {
            assertThat(WireEnums.fromWire(WireEnums.toWire(input))).isEqualTo(input);
        }
        for (Command.Output output : Command.Output.values()) {
            assertThat(WireEnums.fromWire(WireEnums.toWire(output))).isEqualTo(output);
        }
    }
}
