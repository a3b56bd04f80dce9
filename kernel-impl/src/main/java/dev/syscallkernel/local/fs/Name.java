package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.nio.file.FileSystem;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One name in a host directory. That it is exactly one matters: a directory handle given an absolute path, {@code ..}
 * or a name with a slash would reach past its directory.
 *
 * @param text the name, exact only if it is decodable
 * @param path the name as the host has it
 */
record Name(String text, Path path) {
    private static final char REPLACEMENT = '\uFFFD';

    /** Whether the JVM writes file names as UTF-8, rather than as the locale it was started in has them. */
    private static final boolean UTF_8 = "UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"));

    Name {
        if (path.isAbsolute() || path.getNameCount() != 1 || isDots(path.toString())) {
            throw new IllegalArgumentException("not a name");
        }
    }

    /** A name that a process asks for. */
    static Name of(SyscallContext ctx, FileSystem system, String component) {
        if (!UTF_8 && !isAscii(component)) {
            throw unencodable(ctx, null);
        }
        try {
            return new Name(component, system.getPath(component));
        } catch (InvalidPathException unmappable) {
            throw unencodable(ctx, unmappable);
        }
    }

    /** A name of the kernel's own making. */
    static Name internal(FileSystem system, String component) {
        return new Name(component, system.getPath(component));
    }

    /** A name found in a directory. */
    static Name ofEntry(Path entry) {
        Path last = entry.getFileName();
        return new Name(last.toString(), last);
    }

    /** The same name on another file system. */
    Name in(FileSystem system) {
        return path.getFileSystem() == system ? this : internal(system, text);
    }

    /** Whether the text stands for these bytes and no others. */
    boolean isDecodable() {
        return isDecodable(path);
    }

    /** Whether the text of a name or path stands for these bytes and no others. */
    static boolean isDecodable(Path path) {
        String text = path.toString();
        return UTF_8
                ? text.indexOf(REPLACEMENT) < 0
                        || path.equals(path.getFileSystem().getPath(text))
                : isAscii(text);
    }

    /**
     * The directory of this name by a path that nothing but a directory can answer. Opening a FIFO by its name would
     * wait for a writer, and some JDKs close a wrong descriptor after opening a file as a directory.
     */
    Path asDirectory() {
        return path.resolve(".");
    }

    private static boolean isDots(String text) {
        return text.isEmpty() || text.equals(".") || text.equals("..");
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    private static SyscallException unencodable(SyscallContext ctx, @Nullable Throwable cause) {
        return ctx.failure(
                ErrorCode.INVALID_ARGUMENT,
                "the kernel's JVM cannot express this name: it was started in a locale without UTF-8 (sun.jnu.encoding is "
                        + System.getProperty("sun.jnu.encoding") + "); start it with LC_ALL=C.UTF-8",
                cause);
    }
}
