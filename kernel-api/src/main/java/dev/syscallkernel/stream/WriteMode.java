package dev.syscallkernel.stream;

/** What a written stream becomes. */
public enum WriteMode {
    /** The whole content of the file, which is replaced in one step, or created. */
    REPLACE,
    /** The end of the file, which is created if it is missing. */
    APPEND,
    /** The content of a new file; ALREADY_EXISTS if the name is taken at the commit. */
    CREATE_NEW
}
