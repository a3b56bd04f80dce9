package dev.syscallkernel.process;

/** Why a program ended. */
public enum ExitCause {
    /** It ended by itself. */
    EXITED,
    /** A signal ended it that the kernel did not send. */
    SIGNALLED,
    /** It ran for longer than its limit. */
    TIMED_OUT,
    /** It was killed through the kernel, or its owner ended. */
    CANCELLED,
    /** It used more processor time, or wrote a larger file, than its limits allow. */
    KILLED_BY_LIMIT,
    /** It never ran: its launcher failed. */
    SPAWN_FAILED
}
