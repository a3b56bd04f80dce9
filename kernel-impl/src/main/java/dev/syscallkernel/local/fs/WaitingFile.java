package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A hidden file in which an upload waits for its end, seen from outside of the stream that writes it. It is found by its
 * name in its directory, whatever that is called by now; after a restart of the kernel, only where it was. The name is
 * one that nobody can guess, and no link is followed: so nothing else is ever taken for it. Thread-safe.
 */
public final class WaitingFile implements AutoCloseable {
    private final Path directory;
    private final Name name;
    private final String target;
    private final @Nullable DirectoryHandle handle; // null after a restart

    /**
     * What there is of it.
     *
     * @param size in bytes
     */
    public record State(long size, Instant lastModified) {}

    /** @param handle of its directory; closed with this */
    WaitingFile(Path directory, Name name, String target, @Nullable DirectoryHandle handle) {
        this.directory = directory;
        this.name = name;
        this.target = target;
        this.handle = handle;
    }

    /**
     * One that a former kernel has left.
     *
     * @throws IllegalArgumentException if no kernel can have left that
     */
    public static WaitingFile at(Path directory, String name, String target) {
        if (!directory.isAbsolute() || !HiddenNames.isUpload(name)) {
            throw new IllegalArgumentException("no upload waits at " + directory + " as " + name);
        }
        return new WaitingFile(directory, Name.internal(FileSystems.getDefault(), name), target, null);
    }

    /** The host's path of its directory, when the upload was begun or gone on with. */
    public Path directory() {
        return directory;
    }

    /** Its name in the directory. */
    public String name() {
        return name.text();
    }

    /** The name in the same directory that it is going to have. */
    public String target() {
        return target;
    }

    /** Empty if it is not there. */
    public Optional<State> state() throws IOException {
        try (DirectoryHandle parent = open()) {
            BasicFileAttributes found = parent.find(name);
            return found == null || !found.isRegularFile()
                    ? Optional.empty()
                    : Optional.of(
                            new State(found.size(), found.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException | NotDirectoryException gone) {
            return Optional.empty();
        }
    }

    /** Removes it, if it is there. */
    public void delete() throws IOException {
        try (DirectoryHandle parent = open()) {
            parent.deleteFile(name);
        } catch (NoSuchFileException | NotDirectoryException gone) {
            // As it should be.
        }
    }

    private DirectoryHandle open() throws IOException {
        return handle == null ? DirectoryHandle.of(Directory.open(directory)) : handle.share();
    }

    @Override
    public void close() {
        if (handle != null) {
            handle.close();
        }
    }
}
