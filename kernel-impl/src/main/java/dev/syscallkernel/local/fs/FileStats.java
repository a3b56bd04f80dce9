package dev.syscallkernel.local.fs;

import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Set;

/** Describes what the host reports, or what is only virtual, as a process sees it. */
final class FileStats {
    private static final int DIRECTORY_MODE = 0755;
    private static final int FILE_MODE = 0644;
    private static final int SYNTHETIC_MODE = 0555;

    private FileStats() {}

    static FileStat of(Position position, BasicFileAttributes attributes, boolean symbolicLink) {
        return of(position.name(), position.toString(), attributes, symbolicLink);
    }

    static FileStat of(String name, String path, BasicFileAttributes attributes, boolean symbolicLink) {
        PosixFileAttributes posix = attributes instanceof PosixFileAttributes found ? found : null;
        FileKind kind = kind(attributes);
        return new FileStat(
                name,
                path,
                kind,
                symbolicLink,
                kind == FileKind.REGULAR_FILE ? attributes.size() : 0,
                posix == null ? defaultMode(kind) : mode(posix.permissions()),
                attributes.lastModifiedTime().toInstant(),
                posix == null ? "" : posix.owner().getName());
    }

    static FileStat synthetic(String name, String path, Instant since) {
        return new FileStat(name, path, FileKind.DIRECTORY, false, 0, SYNTHETIC_MODE, since, "");
    }

    private static FileKind kind(BasicFileAttributes attributes) {
        if (attributes.isRegularFile()) {
            return FileKind.REGULAR_FILE;
        }
        if (attributes.isDirectory()) {
            return FileKind.DIRECTORY;
        }
        return attributes.isSymbolicLink() ? FileKind.SYMBOLIC_LINK : FileKind.OTHER;
    }

    private static int defaultMode(FileKind kind) {
        return kind == FileKind.DIRECTORY ? DIRECTORY_MODE : FILE_MODE;
    }

    private static int mode(Set<PosixFilePermission> permissions) {
        int mode = 0;
        // They are declared in the order of their bits, the highest first.
        for (PosixFilePermission permission : PosixFilePermission.values()) {
            mode = mode << 1 | (permissions.contains(permission) ? 1 : 0);
        }
        return mode;
    }
}
