package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes what Java cannot make by handle: directories and links. They are made by path under a hidden name directly in
 * the root of their mount, and then renamed by handle to where they belong. Where that cannot work, because the root is
 * not writable or belongs to another file system, they are made in their place by its stable path, which takes longer
 * to find.
 */
final class Nursery {
    private interface Maker {
        void make(Path path) throws IOException;
    }

    private Nursery() {}

    /** Makes an empty directory. Whatever file, link or empty directory has the name may be replaced. */
    static void makeDirectory(SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name)
            throws IOException {
        if (!parent.makeDirectory(name)) {
            make(ctx, mount, parent, name, Files::createDirectory);
        }
    }

    /** Makes a symbolic link. Whatever file, link or empty directory has the name may be replaced. */
    static void makeLink(SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name, Path text)
            throws IOException {
        if (!parent.makeLink(name, text)) {
            make(ctx, mount, parent, name, path -> Files.createSymbolicLink(path, text));
        }
    }

    private static void make(SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name, Maker maker)
            throws IOException {
        try {
            makeInRoot(ctx, mount, parent, name, maker);
        } catch (AccessDeniedException | DifferentFileSystemException unsuitable) {
            Path place = parent.stablePath();
            if (place == null) {
                throw ctx.failure(
                        ErrorCode.UNSUPPORTED,
                        "on this host, directories begin in the root of the mount " + mount.position()
                                + ", which is not writable or belongs to another file system",
                        unsuitable);
            }
            maker.make(place.resolve(name.path()));
        }
    }

    private static void makeInRoot(
            SyscallContext ctx, MountedDirectory mount, DirectoryHandle parent, Name name, Maker maker)
            throws IOException {
        Name newborn = HiddenNames.fresh(mount.fileSystem());
        mount.byPath(ctx, root -> {
            Path path = root.resolve(newborn.path());
            maker.make(path);
            try {
                mount.root().move(newborn, parent, name);
            } catch (IOException | RuntimeException | Error failure) {
                Files.deleteIfExists(path);
                throw failure;
            }
            return path;
        });
    }
}
