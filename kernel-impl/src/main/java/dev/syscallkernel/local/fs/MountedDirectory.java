package dev.syscallkernel.local.fs;

import dev.syscallkernel.fs.Access;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.List;

/**
 * A host directory in its place in the virtual tree.
 *
 * @param position where it is mounted
 * @param access what the mount allows
 * @param hostPath the host's path of it, free of links; used where Java offers nothing by handle
 * @param root the open directory
 */
record MountedDirectory(Position position, Access access, Path hostPath, DirectoryHandle root) {

    FileSystem fileSystem() {
        return hostPath.getFileSystem();
    }

    boolean isReadOnly() {
        return access == Access.READ_ONLY;
    }

    /** The host's path of something in this mount, which may lead elsewhere by the time it is used. */
    Path racyPath(List<String> names) {
        Path path = hostPath;
        for (String name : names.subList(position.names().size(), names.size())) {
            path = path.resolve(name);
        }
        return path;
    }
}
