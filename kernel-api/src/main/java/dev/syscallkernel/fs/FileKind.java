package dev.syscallkernel.fs;

/** What a name in a directory stands for. */
public enum FileKind {
    REGULAR_FILE,
    DIRECTORY,
    SYMBOLIC_LINK,
    /** A FIFO, a socket or a device: visible, but neither readable nor writable. */
    OTHER
}
