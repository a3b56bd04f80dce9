package dev.syscallkernel.grpc;

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
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The enums of both worlds: constants correspond by name, apart from the prefix that the wire needs. */
final class WireEnums {
    private static final String CODE_PREFIX = "ERROR_CODE_";
    private static final String KIND_PREFIX = "FILE_KIND_";
    private static final String INPUT_PREFIX = "SPAWN_INPUT_";
    private static final String OUTPUT_PREFIX = "SPAWN_OUTPUT_";
    private static final String STREAM_PREFIX = "PROGRAM_OUTPUT_";
    private static final String TIER_PREFIX = "LAUNCHER_TIER_";
    private static final String CAUSE_PREFIX = "EXIT_CAUSE_";
    private static final String STATE_PREFIX = "PROCESS_STATE_";
    private static final String PRIORITY_PREFIX = "PRIORITY_";

    private WireEnums() {}

    static dev.syscallkernel.proto.ErrorCode toWire(ErrorCode code) {
        return dev.syscallkernel.proto.ErrorCode.valueOf(CODE_PREFIX + code.name());
    }

    /** The code; INTERNAL for one that only newer kernels know, and for none. */
    static ErrorCode fromWire(dev.syscallkernel.proto.ErrorCode code) {
        return switch (code) {
            case ERROR_CODE_UNSPECIFIED, UNRECOGNIZED -> ErrorCode.INTERNAL;
            default -> ErrorCode.valueOf(code.name().substring(CODE_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.FileKind toWire(FileKind kind) {
        return dev.syscallkernel.proto.FileKind.valueOf(KIND_PREFIX + kind.name());
    }

    static FileKind fromWire(dev.syscallkernel.proto.FileKind kind) {
        return switch (kind) {
            case FILE_KIND_UNSPECIFIED, UNRECOGNIZED -> FileKind.OTHER;
            default -> FileKind.valueOf(kind.name().substring(KIND_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.SandboxLevel toWire(SandboxLevel level) {
        return dev.syscallkernel.proto.SandboxLevel.valueOf(level.name());
    }

    /** @throws IllegalArgumentException for a level that is not known here */
    static SandboxLevel fromWire(dev.syscallkernel.proto.SandboxLevel level) {
        if (level == dev.syscallkernel.proto.SandboxLevel.UNRECOGNIZED) {
            throw new IllegalArgumentException("unknown sandbox level; known are MINIMAL, STANDARD and PRIVILEGED");
        }
        return SandboxLevel.valueOf(level.name());
    }

    static dev.syscallkernel.proto.Priority toWire(Priority priority) {
        return dev.syscallkernel.proto.Priority.valueOf(PRIORITY_PREFIX + priority.name());
    }

    /** @throws IllegalArgumentException for a priority that is not known here */
    static Priority fromWire(dev.syscallkernel.proto.Priority priority) {
        return switch (priority) {
            case PRIORITY_UNSPECIFIED -> Priority.NORMAL;
            case UNRECOGNIZED -> throw new IllegalArgumentException("unknown priority; known are 1 to 5");
            default -> Priority.valueOf(priority.name().substring(PRIORITY_PREFIX.length()));
        };
    }

    static AsyncStatusResponse.Status toWire(TaskState state) {
        return AsyncStatusResponse.Status.valueOf(state.name());
    }

    /** @throws IllegalArgumentException for a state that is not known here */
    static TaskState fromWire(AsyncStatusResponse.Status state) {
        if (state == AsyncStatusResponse.Status.UNRECOGNIZED) {
            throw new IllegalArgumentException("unknown state of a task; known are 0 (PENDING) to 4 (CANCELLED)");
        }
        return TaskState.valueOf(state.name());
    }

    static dev.syscallkernel.proto.WriteMode toWire(WriteMode mode) {
        return dev.syscallkernel.proto.WriteMode.valueOf(mode.name());
    }

    /** @throws IllegalArgumentException for a mode that is not known here */
    static WriteMode fromWire(dev.syscallkernel.proto.WriteMode mode) {
        if (mode == dev.syscallkernel.proto.WriteMode.UNRECOGNIZED) {
            throw new IllegalArgumentException("unknown write mode; known are REPLACE, APPEND and CREATE_NEW");
        }
        return WriteMode.valueOf(mode.name());
    }

    static dev.syscallkernel.proto.SpawnInput toWire(Command.Input input) {
        return dev.syscallkernel.proto.SpawnInput.valueOf(INPUT_PREFIX + input.name());
    }

    /** @throws IllegalArgumentException for one that is not known here */
    static Command.Input fromWire(dev.syscallkernel.proto.SpawnInput input) {
        return switch (input) {
            case UNRECOGNIZED -> throw new IllegalArgumentException("unknown input; known are EMPTY and STREAM");
            default -> Command.Input.valueOf(input.name().substring(INPUT_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.SpawnOutput toWire(Command.Output output) {
        return dev.syscallkernel.proto.SpawnOutput.valueOf(OUTPUT_PREFIX + output.name());
    }

    /** @throws IllegalArgumentException for one that is not known here */
    static Command.Output fromWire(dev.syscallkernel.proto.SpawnOutput output) {
        return switch (output) {
            case UNRECOGNIZED ->
                throw new IllegalArgumentException("unknown output; known are SEPARATE, MERGED and DISCARDED");
            default -> Command.Output.valueOf(output.name().substring(OUTPUT_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.ProgramOutput toWire(ProgramOutput output) {
        return dev.syscallkernel.proto.ProgramOutput.valueOf(STREAM_PREFIX + output.name());
    }

    /** @throws IllegalArgumentException for one that is not known here */
    static ProgramOutput fromWire(dev.syscallkernel.proto.ProgramOutput output) {
        return switch (output) {
            case UNRECOGNIZED -> throw new IllegalArgumentException("unknown output; known are STDOUT and STDERR");
            default -> ProgramOutput.valueOf(output.name().substring(STREAM_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.LauncherTier toWire(LauncherTier tier) {
        return dev.syscallkernel.proto.LauncherTier.valueOf(TIER_PREFIX + tier.name());
    }

    /** The tier; null for none, and the weakest for one that only newer kernels know. */
    static @Nullable LauncherTier fromWire(dev.syscallkernel.proto.LauncherTier tier) {
        return switch (tier) {
            case LAUNCHER_TIER_NONE -> null;
            case UNRECOGNIZED -> LauncherTier.PLAIN;
            default -> LauncherTier.valueOf(tier.name().substring(TIER_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.ExitCause toWire(ExitCause cause) {
        return dev.syscallkernel.proto.ExitCause.valueOf(CAUSE_PREFIX + cause.name());
    }

    /** The cause; EXITED for one that only newer kernels know. */
    static ExitCause fromWire(dev.syscallkernel.proto.ExitCause cause) {
        return switch (cause) {
            case EXIT_CAUSE_UNSPECIFIED, UNRECOGNIZED -> ExitCause.EXITED;
            default -> ExitCause.valueOf(cause.name().substring(CAUSE_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.ProcessState toWire(ProcessState state) {
        return dev.syscallkernel.proto.ProcessState.valueOf(STATE_PREFIX + state.name());
    }

    /** The state; RUNNING for one that only newer kernels know. */
    static ProcessState fromWire(dev.syscallkernel.proto.ProcessState state) {
        return switch (state) {
            case PROCESS_STATE_UNSPECIFIED, UNRECOGNIZED -> ProcessState.RUNNING;
            default -> ProcessState.valueOf(state.name().substring(STATE_PREFIX.length()));
        };
    }

    static dev.syscallkernel.proto.Capability toWire(Capability capability) {
        return dev.syscallkernel.proto.Capability.valueOf(capability.name());
    }

    /** In the order of the numbers, so that equal sets are equal messages. */
    static List<dev.syscallkernel.proto.Capability> toWire(Set<Capability> capabilities) {
        return capabilities.stream().sorted().map(WireEnums::toWire).toList();
    }

    /** @throws IllegalArgumentException for a capability that is not known here */
    static Capability fromWire(dev.syscallkernel.proto.Capability capability) {
        if (capability == dev.syscallkernel.proto.Capability.UNRECOGNIZED) {
            throw new IllegalArgumentException("unknown capability; this kernel knows 0 (READ_FILE) to "
                    + (Capability.values().length - 1) + " (RECEIVE_MESSAGE)");
        }
        return Capability.valueOf(capability.name());
    }

    /** @throws IllegalArgumentException for a capability that is not known here */
    static Set<Capability> fromWire(Collection<dev.syscallkernel.proto.Capability> capabilities) {
        EnumSet<Capability> all = EnumSet.noneOf(Capability.class);
        capabilities.forEach(capability -> all.add(fromWire(capability)));
        return all;
    }
}
