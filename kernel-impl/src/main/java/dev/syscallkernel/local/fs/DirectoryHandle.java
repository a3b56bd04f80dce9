package dev.syscallkernel.local.fs;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An open directory that several users share. Each of them closes it once; the last one really does. So nobody closes
 * it under somebody else: a descriptor in use would be pulled away, and the closing thread would wait for whoever hangs
 * in a system call.
 *
 * <p>Thread-safe.
 */
final class DirectoryHandle implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DirectoryHandle.class.getName());

    private final Directory directory;
    private final @Nullable Object key; // identifies the directory for as long as it is open; null if the host cannot
    private final AtomicInteger users = new AtomicInteger(1);
    private @Nullable StablePath stablePath; // guarded by this; closed with the directory

    private DirectoryHandle(Directory directory, @Nullable Object key) {
        this.directory = directory;
        this.key = key;
    }

    /** Takes over an open directory, for one user. */
    static DirectoryHandle of(Directory directory) throws IOException {
        try {
            return new DirectoryHandle(directory, directory.attributes().fileKey());
        } catch (IOException | RuntimeException | Error failure) {
            closeQuietly(directory);
            throw failure;
        }
    }

    /** Joins the users, unless the last one has left. */
    boolean retain() {
        int count;
        do {
            count = users.get();
            if (count == 0) {
                return false;
            }
        } while (!users.compareAndSet(count, count + 1));
        return true;
    }

    /** This handle for one more user, on behalf of one that has not left. */
    DirectoryHandle share() {
        if (!retain()) {
            throw new IllegalStateException("closed");
        }
        return this;
    }

    /** Leaves the users. */
    @Override
    public void close() {
        if (users.decrementAndGet() == 0) {
            closeStablePath();
            closeQuietly(directory);
        }
    }

    @Nullable
    Object key() {
        return key;
    }

    /** Whether these are the attributes of the very directory that is open here. */
    boolean is(BasicFileAttributes attributes) {
        return key != null && attributes.isDirectory() && key.equals(attributes.fileKey());
    }

    BasicFileAttributes attributes() throws IOException {
        return directory.attributes();
    }

    /** The attributes of an entry itself, or null if there is none. */
    @Nullable
    BasicFileAttributes find(Name name) throws IOException {
        try {
            return directory.attributes(name);
        } catch (NoSuchFileException missing) {
            return null;
        }
    }

    /**
     * Opens the directory that an entry is.
     *
     * @throws SwappedException if the entry did not stay a directory, or the same one, meanwhile
     */
    DirectoryHandle enter(Name name) throws IOException {
        DirectoryHandle child;
        try {
            child = of(directory.open(name));
        } catch (NoSuchFileException | NotDirectoryException swapped) {
            throw new SwappedException(swapped);
        } catch (FileSystemException failure) {
            throw HostErrors.isLink(failure) ? new SwappedException(failure) : failure;
        }
        try {
            BasicFileAttributes now = find(name);
            if (now == null || !now.isDirectory() || (child.key != null && !child.is(now))) {
                throw new SwappedException(null);
            }
            return child;
        } catch (IOException | RuntimeException | Error failure) {
            child.close();
            throw failure;
        }
    }

    List<Name> names() throws IOException {
        return directory.names();
    }

    FileChannel openFile(Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return directory.openFile(name, options, attributes);
    }

    void deleteFile(Name name) throws IOException {
        directory.deleteFile(name);
    }

    void deleteDirectory(Name name) throws IOException {
        directory.deleteDirectory(name);
    }

    /** Renames in one step, replacing a file, a link or an empty directory. */
    void move(Name name, DirectoryHandle target, Name newName) throws IOException {
        try {
            directory.move(name, target.directory, newName);
        } catch (AtomicMoveNotSupportedException across) {
            throw (IOException) new DifferentFileSystemException().initCause(across);
        }
    }

    /** Waits until the names in the directory are on the device. */
    void force() throws IOException {
        directory.force();
    }

    void setPermissions(Name name, Set<PosixFilePermission> permissions) throws IOException {
        directory.setPermissions(name, permissions);
    }

    boolean makeDirectory(Name name) throws IOException {
        return directory.makeDirectory(name);
    }

    boolean makeLink(Name name, Path text) throws IOException {
        return directory.makeLink(name, text);
    }

    @Nullable
    Path readLink(Name name) throws IOException {
        return directory.readLink(name);
    }

    boolean isInPlace() {
        return directory.isInPlace();
    }

    /** Sets the permissions of the directory itself. */
    void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
        directory.setPermissions(permissions);
    }

    /**
     * A path that leads to this directory for as long as the handle is held, or null if the host has none. The first
     * call takes a while.
     */
    synchronized @Nullable Path stablePath() throws IOException {
        if (stablePath == null) {
            stablePath = directory.stablePath();
        }
        return stablePath == null ? null : stablePath.path();
    }

    private synchronized void closeStablePath() {
        if (stablePath != null) {
            closeQuietly(stablePath);
        }
    }

    private static void closeQuietly(Closeable directory) {
        try {
            directory.close();
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "A directory could not be closed", failure);
        }
    }
}
