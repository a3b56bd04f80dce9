package dev.syscallkernel.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps all but one kernel away from a directory, until it is closed or its JVM ends, in whatever way.
 *
 * <p>The operating system takes a lock away as soon as its owner closes any channel to the file. So whoever of this JVM
 * has a lock is known here, and no second channel is opened; nor is the first one collected, which would close it.
 */
final class DirectoryLock implements AutoCloseable {
    /** The name of the file in the directory. */
    static final String FILE = "lock";

    /** Also for reading: whoever opened a pipe for writing alone would wait for its reader. */
    private static final Set<OpenOption> OPEN =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, LinkOption.NOFOLLOW_LINKS);

    private static final Map<Path, FileChannel> HELD = new HashMap<>(); // guarded by the class

    /** To what other class loaders of this JVM have locked: to close one would take their lock away. */
    private static final Map<Path, LockFile> OTHERS = new HashMap<>(); // guarded by the class

    /** @param key identifies the file for as long as it is open; null if the host cannot */
    private record LockFile(
            FileChannel channel, Path path, @Nullable Object key) {
        static LockFile open(Path path, Set<OpenOption> options) throws IOException {
            FileChannel channel = FileChannel.open(
                    path, options, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                return new LockFile(channel, path, keyOf(path));
            } catch (IOException | RuntimeException | Error problem) {
                channel.close();
                throw problem;
            }
        }

        /** Whether nobody can come upon it any more: it was deleted, and perhaps made again. */
        boolean isGone() {
            try {
                return !Objects.equals(key, keyOf(path));
            } catch (NoSuchFileException deleted) {
                return true;
            } catch (IOException unknown) {
                return false;
            }
        }

        private static @Nullable Object keyOf(Path path) throws IOException {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
        }
    }

    private final Path directory;

    private DirectoryLock(Path directory) {
        this.directory = directory;
    }

    /** Locks a directory, or answers null if it is locked. */
    static @Nullable DirectoryLock acquire(Path directory) throws IOException {
        return acquire(directory, FILE, CREATE);
    }

    /** Locks a directory that nobody else uses. Its lock is never seen before it is held. */
    static DirectoryLock acquireNew(Path directory) throws IOException {
        String hidden = FILE + ".new";
        DirectoryLock lock = acquire(directory, hidden, CREATE);
        if (lock == null) {
            throw new IOException("somebody else has locked a new directory");
        }
        try {
            Files.move(directory.resolve(hidden), directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
            return lock;
        } catch (IOException | RuntimeException | Error problem) {
            lock.close();
            throw problem;
        }
    }

    /** Locks a directory that was locked once, and is no longer; else answers null. */
    static @Nullable DirectoryLock acquireLeft(Path directory) throws IOException {
        try {
            return acquire(directory, FILE, OPEN);
        } catch (NoSuchFileException never) {
            return null;
        }
    }

    private static synchronized @Nullable DirectoryLock acquire(Path named, String file, Set<OpenOption> options)
            throws IOException {
        forgetGone();
        Path directory = named.toRealPath();
        if (HELD.containsKey(directory)) {
            return null;
        }
        LockFile lock = OTHERS.remove(directory);
        if (lock == null) {
            lock = LockFile.open(directory.resolve(file), options);
        }
        FileChannel channel = lock.channel;
        try {
            if (channel.tryLock() == null) {
                channel.close();
                return null;
            }
        } catch (OverlappingFileLockException heldByOthers) {
            OTHERS.put(directory, lock);
            return null;
        } catch (IOException | RuntimeException | Error problem) {
            channel.close();
            throw problem;
        }
        HELD.put(directory, channel);
        return new DirectoryLock(directory);
    }

    /** A lock on a file that is gone keeps nobody away, so it can as well be lost. Called under the class. */
    private static void forgetGone() throws IOException {
        for (Iterator<LockFile> all = OTHERS.values().iterator(); all.hasNext(); ) {
            LockFile lock = all.next();
            if (lock.isGone()) {
                all.remove();
                lock.channel.close();
            }
        }
    }

    /** Lets others in. */
    @Override
    public void close() throws IOException {
        synchronized (DirectoryLock.class) {
            FileChannel channel = HELD.remove(directory);
            if (channel != null) {
                channel.close();
            }
        }
    }
}
