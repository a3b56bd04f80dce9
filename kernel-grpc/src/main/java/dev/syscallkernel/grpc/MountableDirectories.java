package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The host directories beneath which clients may mount what they like. Immutable. */
final class MountableDirectories {
    private final List<Path> roots;

    /** @throws IllegalArgumentException for what is not there */
    MountableDirectories(List<Path> directories) {
        List<Path> real = new ArrayList<>();
        for (Path directory : directories) {
            try {
                real.add(directory.toRealPath());
            } catch (IOException missing) {
                throw new IllegalArgumentException("cannot allow mounts of " + directory + ": " + missing, missing);
            }
        }
        this.roots = List.copyOf(real);
    }

    /**
     * Checks where a directory really is, and says it: what was checked is what will be mounted, whatever becomes of
     * the links on the way.
     *
     * @param directory as the client named it
     * @param mountPoint where the process will see it
     * @throws SyscallException PERMISSION_DENIED unless it is beneath one of these directories, whether or not it exists;
     *     INVALID_ARGUMENT if it is, and does not
     */
    Path resolve(String directory, String mountPoint) {
        Path named = absolute(directory, mountPoint);
        Path real = real(named);
        Path known = real;
        for (Path parent = named.getParent(); known == null && parent != null; parent = parent.getParent()) {
            known = real(parent);
        }
        if (known == null || roots.stream().noneMatch(known::startsWith)) {
            throw Failures.mount(
                    mountPoint,
                    ErrorCode.PERMISSION_DENIED,
                    "clients of this server may not mount this host directory;"
                            + " its operator can allow that with --allow-mount DIR");
        }
        if (real == null) {
            throw Failures.mount(mountPoint, ErrorCode.INVALID_ARGUMENT, "the host has no such directory");
        }
        return real;
    }

    private static Path absolute(String directory, String mountPoint) {
        try {
            Path named = Path.of(directory);
            if (named.isAbsolute()) {
                return named;
            }
        } catch (InvalidPathException malformed) {
            // said below
        }
        throw Failures.mount(
                mountPoint, ErrorCode.INVALID_ARGUMENT, "the host directory has to be named by an absolute path");
    }

    /** Where it really is; null if it is not there, or cannot be looked at. */
    private static @Nullable Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException missing) {
            return null;
        }
    }
}
