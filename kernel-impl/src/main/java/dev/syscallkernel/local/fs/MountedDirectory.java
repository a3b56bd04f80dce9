package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * A host directory in its place in the virtual tree.
 *
 * @param position where it is mounted
 * @param access what the mount allows
 * @param hostPath the host's path of it, free of links, when it was mounted
 * @param root the open directory
 */
record MountedDirectory(Position position, Access access, Path hostPath, DirectoryHandle root) {

    /** Work that Java can do by path only. */
    interface PathWork<T> {
        T run(Path root) throws IOException;
    }

    FileSystem fileSystem() {
        return hostPath.getFileSystem();
    }

    boolean isReadOnly() {
        return access == Access.READ_ONLY;
    }

    /** The root, for one more user who has to close it. */
    DirectoryHandle retainRoot(SyscallContext ctx) {
        if (!root.retain()) {
            throw ctx.failure(ErrorCode.NO_SUCH_PROCESS, "the process has ended");
        }
        return root;
    }

    /** Does something by a path that leads to the root, even if the root has been renamed or replaced. */
    <T> T byPath(SyscallContext ctx, PathWork<T> work) throws IOException {
        try (DirectoryHandle held = retainRoot(ctx)) {
            Path stable = held.stablePath();
            return work.run(stable == null ? verifiedHostPath(ctx) : stable);
        }
    }

    /** The path by which the directory was mounted, if it still leads there. Nobody beneath the root can change it. */
    Path verifiedHostPath(SyscallContext ctx) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(hostPath, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (root.is(attributes)) {
                return hostPath;
            }
        } catch (NoSuchFileException moved) {
            // Said below.
        }
        throw ctx.failure(
                ErrorCode.UNAVAILABLE, "the host has moved or replaced the directory of the mount " + position);
    }

    /** The host's path of a position in this mount, by which everybody who works on it can be told apart. */
    Path hostPath(List<String> names) {
        return hostPath.resolve(pathBelowRoot(names));
    }

    /**
     * The text of a link.
     *
     * @param directory the directory it is in
     * @param path leads to it from the root
     */
    Path readLink(SyscallContext ctx, DirectoryHandle directory, Name name, Path path) throws IOException {
        Path text = directory.readLink(name);
        return text != null ? text : byPath(ctx, at -> Files.readSymbolicLink(at.resolve(path)));
    }

    /** The relative path from the root to a position in this mount. It may lead elsewhere by the time it is used. */
    Path pathBelowRoot(List<String> names) {
        Path path = fileSystem().getPath("");
        for (String name : names.subList(position.names().size(), names.size())) {
            path = path.resolve(name);
        }
        return path;
    }
}
