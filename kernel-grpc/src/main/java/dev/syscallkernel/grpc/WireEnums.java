package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.WriteMode;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The enums of both worlds: constants correspond by name, apart from the prefix that the wire needs. */
final class WireEnums {
    private static final String CODE_PREFIX = "ERROR_CODE_";
    private static final String KIND_PREFIX = "FILE_KIND_";

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
