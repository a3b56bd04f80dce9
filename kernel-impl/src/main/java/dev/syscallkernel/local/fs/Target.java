package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Where a path leads. The rules of the sandbox allow it; whether the mount may be written to is for the operation to
 * check. A target holds the directory it is in until it is closed.
 */
sealed interface Target extends AutoCloseable {

    Position position();

    @Override
    void close();

    /**
     * Something that is there.
     *
     * @param parent the directory it is in
     * @param attributes its own, as they were a moment ago
     * @param byLink whether the name asked for was a symbolic link
     * @param asDirectory whether the path demands a directory
     * @param aboveMounts whether mount points lie beneath it
     */
    record Existing(
            Position position,
            MountedDirectory mount,
            DirectoryHandle parent,
            Name name,
            BasicFileAttributes attributes,
            boolean byLink,
            boolean asDirectory,
            boolean aboveMounts)
            implements Target {

        boolean isDirectory() {
            return attributes.isDirectory();
        }

        /** Opens it as a directory. The caller closes the handle. */
        DirectoryHandle enter() throws IOException {
            return parent.enter(name);
        }

        @Override
        public void close() {
            parent.close();
        }
    }

    /**
     * Nothing, in a directory that is there; or a hidden name, which nobody has to know about.
     *
     * @param hidden whether the name is one of the kernel's own
     */
    record Missing(
            Position position,
            MountedDirectory mount,
            DirectoryHandle parent,
            Name name,
            boolean asDirectory,
            boolean hidden)
            implements Target {
        @Override
        public void close() {
            parent.close();
        }
    }

    /** The root of a mount. */
    record MountRoot(Position position, MountedDirectory mount, DirectoryHandle handle) implements Target {
        @Override
        public void close() {
            handle.close();
        }
    }

    /** A directory that is there only because mount points lie beneath it. */
    record Synthetic(Position position) implements Target {
        @Override
        public void close() {}
    }
}
