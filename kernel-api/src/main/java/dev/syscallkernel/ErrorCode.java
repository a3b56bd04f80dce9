package dev.syscallkernel;

/** Why a syscall failed. The names are part of the contract: the wire uses the same ones. */
public enum ErrorCode {
    /** The file, directory or variable does not exist. */
    NOT_FOUND,
    /** The name to be created is taken. */
    ALREADY_EXISTS,
    /** The sandbox, the operator, an interceptor or the host refuses. */
    PERMISSION_DENIED,
    /** A directory was needed and something else is there. */
    NOT_A_DIRECTORY,
    /** A directory is there and something else was needed. */
    IS_A_DIRECTORY,
    /** The directory has entries. */
    NOT_EMPTY,
    /** The request itself is wrong; repeating it will not help. */
    INVALID_ARGUMENT,
    /** A name has over 255 bytes, or a path over 256 components. */
    NAME_TOO_LONG,
    /** Resolution met over 40 symbolic links. */
    TOO_MANY_LINKS,
    /** The mount is read-only. */
    READ_ONLY,
    /** The host's file system is full. */
    NO_SPACE,
    /** A limit of the process or of the kernel is reached; the message names it. */
    RESOURCE_EXHAUSTED,
    /** Not possible at this moment: something kept changing underneath, or the kernel is closing. */
    UNAVAILABLE,
    /** The time given ran out. */
    TIMED_OUT,
    /** The caller, or whoever owns the process, cancelled it. */
    CANCELLED,
    /** No live process has this id. */
    NO_SUCH_PROCESS,
    /** The descriptor or stream is closed. */
    BAD_DESCRIPTOR,
    /** Nobody is left to read what is written. */
    BROKEN_PIPE,
    /** This kernel, or this file system, cannot do it. */
    UNSUPPORTED,
    /** Somebody else's change stands in the way. */
    CONFLICT,
    /** Bytes are missing or differ from what was promised. */
    DATA_LOSS,
    /** A crash left a state that must not be guessed; an operator has to look. */
    IN_DOUBT,
    /** The host reported an input or output error. */
    IO_ERROR,
    /** A fault of the kernel itself. */
    INTERNAL;

    /** Whether the very same request may succeed later without anyone changing it. */
    public boolean retryable() {
        return switch (this) {
            case RESOURCE_EXHAUSTED, UNAVAILABLE, TIMED_OUT, CONFLICT -> true;
            default -> false;
        };
    }
}
