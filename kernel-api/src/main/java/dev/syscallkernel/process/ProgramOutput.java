package dev.syscallkernel.process;

/** A stream that a program writes. */
public enum ProgramOutput {
    /** Its standard output; of a command with merged output, both streams in the order in which they were written. */
    STDOUT,
    /** Its standard error. */
    STDERR
}
