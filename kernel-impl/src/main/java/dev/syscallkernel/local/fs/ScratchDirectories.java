package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The directories of a process that live no longer than it does. Thread-safe. */
final class ScratchDirectories {
    private final Path root;
    private final Map<String, Path> directories = new LinkedHashMap<>(); // guarded by this

    /** @param root where on the host they are made; itself made when the first one is */
    ScratchDirectories(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    /** Whether the directory is one of these. */
    synchronized boolean made(Path directory) {
        return directories.containsValue(directory);
    }

    /** Makes an empty directory that only the user of the kernel can enter. Answers its path without links. */
    synchronized Path create(String virtualPath) throws IOException {
        Files.createDirectories(root);
        Path directory = Files.createTempDirectory(root.toRealPath(), "scratch-");
        directories.put(virtualPath, directory);
        return directory;
    }

    /** Removes the directories with all that is in them. */
    synchronized FileTree.Cleanup remove() {
        int removed = 0;
        long bytes = 0;
        List<String> errors = new ArrayList<>();
        for (Map.Entry<String, Path> scratch : directories.entrySet()) {
            try {
                bytes += TreeRemoval.remove(scratch.getValue());
                removed++;
            } catch (IOException failure) {
                errors.add(scratch.getKey() + ": " + HostErrors.describe(failure));
            }
        }
        directories.clear();
        return new FileTree.Cleanup(removed, bytes, errors);
    }
}
