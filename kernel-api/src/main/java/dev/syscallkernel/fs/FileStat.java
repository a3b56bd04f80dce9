package dev.syscallkernel.fs;

import java.time.Instant;

/**
 * The attributes of a file or directory.
 *
 * @param name the last component of {@code path}; empty for the virtual root
 * @param path the virtual path, absolute and free of links
 * @param kind what it is; for a stat, after following links
 * @param symbolicLink whether the name asked for is a symbolic link itself
 * @param size in bytes; 0 for what has none
 * @param mode the permission bits, such as {@code 0644}
 * @param modified when the content changed last, to the nanosecond where the host keeps it
 * @param owner the name of the owner on the host; empty where there is none
 */
public record FileStat(
        String name,
        String path,
        FileKind kind,
        boolean symbolicLink,
        long size,
        int mode,
        Instant modified,
        String owner) {

    public boolean isDirectory() {
        return kind == FileKind.DIRECTORY;
    }

    /** What follows the last dot of the name, without the dot; empty if there is none. */
    public String extension() {
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? "" : name.substring(dot + 1);
    }
}
