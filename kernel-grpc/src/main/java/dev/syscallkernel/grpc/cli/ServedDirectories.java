package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The directories of this machine that a server gives to its processes, or lets them ask for. */
final class ServedDirectories {
    private static final String ROOT = "/";
    private static final String TMP = "/tmp";

    private final Path root;
    private final Map<String, Mount> mounts = new LinkedHashMap<>();
    private final List<Path> mountable;

    /**
     * @param given hide the root and the scratch directory where they have the same path
     * @throws IllegalArgumentException if two of them have the same path
     */
    ServedDirectories(Path root, List<Mount.HostDirectory> given, List<Path> mountable) {
        this.root = root;
        this.mountable = List.copyOf(mountable);
        for (Mount mount : given) {
            if (mounts.put(mount.path(), mount) != null) {
                throw new IllegalArgumentException("two mounts have the path " + mount.path());
            }
        }
        mounts.putIfAbsent(ROOT, new Mount.HostDirectory(ROOT, root, Access.READ_WRITE));
        mounts.putIfAbsent(TMP, new Mount.Scratch(TMP));
    }

    List<Mount> mounts() {
        return List.copyOf(mounts.values());
    }

    /**
     * Creates the root where it is missing.
     *
     * @throws CommandFailure if it cannot be created, or another one is no directory
     */
    void prepare(Terminal terminal) {
        List<Path> hosts = hostDirectories();
        if (hosts.contains(root) && Files.notExists(root)) {
            try {
                Files.createDirectories(root);
            } catch (IOException problem) {
                throw new CommandFailure("cannot create the root directory " + root + ": " + problem, problem);
            }
            terminal.message("created the directory " + root.toAbsolutePath());
        }
        for (Path directory : hosts) {
            if (!Files.isDirectory(directory)) {
                throw new CommandFailure(directory + " is no directory; create it, or name another one");
            }
            if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
                throw new CommandFailure("the user of this server may not read the directory " + directory);
            }
        }
    }

    /** @throws CommandFailure if processes could change what is in this directory */
    void requireOutside(Path state) {
        Path inside = real(state);
        for (Path directory : hostDirectories()) {
            if (inside.startsWith(real(directory))) {
                throw new CommandFailure("the state directory " + state + " is inside " + directory
                        + ", where processes could change it; choose another one");
            }
        }
    }

    private List<Path> hostDirectories() {
        Stream<Path> mounted = mounts.values().stream()
                .filter(Mount.HostDirectory.class::isInstance)
                .map(mount -> ((Mount.HostDirectory) mount).directory());
        return Stream.concat(mounted, mountable.stream()).toList();
    }

    /** Without links, also for what does not exist yet. */
    private static Path real(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        try {
            return absolute.toRealPath();
        } catch (IOException missing) {
            return parent == null ? absolute : real(parent).resolve(absolute.getFileName());
        }
    }
}
