package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes what Java cannot make by handle: directories and links. They are made by path under a hidden name directly in
 * the root of their mount, whose path nobody beneath it can change, and then renamed by handle to where they belong.
 */
final class Nursery {
    private interface Maker {
        void make(Path path) throws IOException;
    }

    private Nursery() {}

    /** Makes an empty directory. */
    static void makeDirectory(SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name)
            throws IOException {
        make(ctx, mount, parent, name, Files::createDirectory);
    }

    /** Makes a symbolic link. */
    static void makeLink(SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name, Path text)
            throws IOException {
        make(ctx, mount, parent, name, path -> Files.createSymbolicLink(path, text));
    }

    private static void make(SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name, Maker maker)
            throws IOException {
        Name newborn = HiddenNames.fresh(mount.fileSystem());
        Path path = mount.hostPath().resolve(newborn.path());
        try {
            maker.make(path);
        } catch (AccessDeniedException denied) {
            throw ctx.failure(
                    ErrorCode.PERMISSION_DENIED,
                    "the host does not let the kernel write to the root of the mount " + mount.position()
                            + ", where directories begin",
                    denied);
        }
        try {
            mount.root().move(newborn, parent, name);
        } catch (IOException | RuntimeException | Error failure) {
            Files.deleteIfExists(path);
            throw failure;
        }
    }
}
