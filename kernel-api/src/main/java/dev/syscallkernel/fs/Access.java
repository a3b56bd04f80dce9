package dev.syscallkernel.fs;

/** What a mount allows. */
public enum Access {
    /** Everything that changes a file or a directory answers READ_ONLY. */
    READ_ONLY,
    /** Changes are allowed, to a process with the capabilities for them. */
    READ_WRITE
}
