package dev.syscallkernel.fs;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** A virtual directory of a process, and what stands behind it. A mount hides what an outer one has at its path. */
public sealed interface Mount {

    /** The absolute virtual path, without empty, {@code .} or {@code ..} components. */
    String path();

    /**
     * A directory of the kernel's host.
     *
     * @param directory the host directory, on the machine where the kernel runs
     * @param resolution how paths beneath it are resolved
     */
    record HostDirectory(String path, Path directory, Access access, Resolution resolution) implements Mount {
        public HostDirectory {
            requireVirtual(path);
            requireNonNull(directory, "directory");
            requireNonNull(access, "access");
            requireNonNull(resolution, "resolution");
        }

        public HostDirectory(String path, Path directory, Access access) {
            this(path, directory, access, Resolution.RACE_FREE);
        }
    }

    /** An empty directory of the process alone, removed with all its content when the process ends. */
    record Scratch(String path) implements Mount {
        public Scratch {
            requireVirtual(path);
        }
    }

    /** How much a host directory's file system must offer. */
    enum Resolution {
        /** Only file systems on which nobody can swap a link under a running operation; others are refused. */
        RACE_FREE,
        /**
         * Also file systems without secure directory handles. A program outside the kernel that swaps directories and
         * links at the right moment can then lead an operation out of the mount.
         */
        RACY_ALLOWED
    }

    private static void requireVirtual(String path) {
        boolean root = path.equals("/");
        if (!path.startsWith("/") || (!root && path.endsWith("/")) || path.indexOf('\0') >= 0) {
            throw notVirtual(path);
        }
        for (String component : root ? new String[0] : path.substring(1).split("/", -1)) {
            if (component.isEmpty() || component.equals(".") || component.equals("..")) {
                throw notVirtual(path);
            }
            if (component.startsWith(".sk-")) {
                throw new IllegalArgumentException("names that begin with .sk- are the kernel's own: " + path);
            }
        }
    }

    private static IllegalArgumentException notVirtual(String path) {
        return new IllegalArgumentException(
                "a mount needs an absolute virtual path such as /workspace, without empty, . or .. components: '" + path
                        + "'");
    }
}
