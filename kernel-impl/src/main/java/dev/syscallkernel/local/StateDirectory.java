package dev.syscallkernel.local;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.fs.TreeRemoval;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel keeps on the host for itself: the scratch directories of its processes and, in a directory that the
 * operator named, a lock that keeps a second kernel away. Without such a directory it is a temporary one, whose lock says
 * that the kernel lives.
 */
final class StateDirectory implements AutoCloseable {
    /** Hidden from processes with a mount around it: they would find the scratch directories of the others. */
    private static final String TEMPORARY = ".sk-syscallkernel-";

    private static final System.Logger LOG = System.getLogger(StateDirectory.class.getName());

    private final Path directory;
    private final @Nullable UserPrincipal owner; // of a temporary one; null for one that the operator named
    private final @Nullable DirectoryLock lock; // null for a temporary one that cannot be locked

    private StateDirectory(Path directory, @Nullable UserPrincipal owner, @Nullable DirectoryLock lock) {
        this.directory = directory;
        this.owner = owner;
        this.lock = lock;
    }

    /** Opens the named directory, creating it where needed. */
    static StateDirectory open(Path directory) {
        try {
            Files.createDirectories(directory);
            DirectoryLock lock = DirectoryLock.acquire(directory);
            if (lock == null) {
                throw failure("another kernel is using the state directory; stop it, or give this one its own", null);
            }
            return new StateDirectory(directory, null, lock);
        } catch (IOException problem) {
            throw failure("the state directory cannot be used: " + problem, problem);
        }
    }

    /** Removes what a killed kernel left, once its atomic batches are ended: they may have files there. */
    void sweep() {
        try {
            TreeRemoval.remove(scratch());
            TreeRemoval.remove(launchers());
        } catch (IOException problem) {
            throw failure("the state directory cannot be used: " + problem, problem);
        }
    }

    /** A directory that lives as long as the kernel. Removes those of kernels that were killed. */
    static StateDirectory temporary() {
        return temporary(Path.of(System.getProperty("java.io.tmpdir")));
    }

    static StateDirectory temporary(Path parent) {
        try {
            Path directory = Files.createTempDirectory(parent, TEMPORARY);
            try {
                // The programs of a kernel that runs as root have another user, who has to get to the scratch
                // directories.
                Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
                UserPrincipal owner = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS);
                DirectoryLock lock = lockOfNew(directory);
                if (lock != null) {
                    removeLeft(parent, owner);
                }
                return new StateDirectory(directory, owner, lock);
            } catch (IOException | RuntimeException | Error problem) {
                discard(directory, problem);
                throw problem;
            }
        } catch (IOException problem) {
            throw failure("no temporary directory can be created: " + problem, problem);
        }
    }

    /** Null if it cannot be locked: then no other kernel takes it for one that was left, whatever becomes of this one. */
    private static @Nullable DirectoryLock lockOfNew(Path directory) {
        try {
            return DirectoryLock.acquireNew(directory);
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "No lock can be had; what killed kernels have left is not removed", problem);
            return null;
        }
    }

    private static void discard(Path directory, Throwable failure) {
        try {
            TreeRemoval.remove(directory);
        } catch (IOException further) {
            failure.addSuppressed(further);
        }
    }

    private static void removeLeft(Path parent, UserPrincipal owner) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(parent, TEMPORARY + "*")) {
            for (Path found : all) {
                removeIfLeft(found, owner);
            }
        } catch (IOException | DirectoryIteratorException problem) {
            LOG.log(Level.DEBUG, "What killed kernels have left cannot be looked for", problem);
        }
    }

    /**
     * Removes the directory of a kernel of this user, if that was killed: its lock is there, and held by nobody. The
     * programs of that kernel may still replace it: the removal looks again at what it has opened.
     */
    private static void removeIfLeft(Path found, UserPrincipal owner) {
        try {
            if (Files.isDirectory(found, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(found, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
                try (DirectoryLock lock = DirectoryLock.acquireLeft(found)) {
                    if (lock != null) {
                        removeWhole(found, owner);
                    }
                }
            }
        } catch (NoSuchFileException removed) {
            LOG.log(Level.DEBUG, "Another kernel has removed the same", removed);
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "What a killed kernel has left could not be removed", problem);
        }
    }

    /** The lock goes last: as long as it is there, another kernel can go on with this. */
    private static void removeWhole(Path directory, UserPrincipal owner) throws IOException {
        TreeRemoval.removeOwn(directory, owner, DirectoryLock.FILE);
    }

    /** Beneath it lie the scratch directories of the processes. */
    Path scratch() {
        return directory.resolve("scratch");
    }

    /** Where the launchers of programs have files while those run. */
    Path launchers() {
        return directory.resolve("launchers");
    }

    /** The journal of atomic batches, if anything is kept beyond the life of the kernel. */
    Optional<Path> journal() {
        return owner != null ? Optional.empty() : Optional.of(directory.resolve("journal"));
    }

    /** Where the records of uploads are kept, if anything is kept beyond the life of the kernel. */
    Optional<Path> uploads() {
        return owner != null ? Optional.empty() : Optional.of(directory.resolve("uploads"));
    }

    @Override
    public void close() {
        try (lock) {
            if (owner != null) {
                removeWhole(directory, owner);
            } else {
                TreeRemoval.remove(launchers());
                TreeRemoval.remove(scratch());
            }
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "The kernel's own directory could not be cleaned up", problem);
        }
    }

    /** Lets go without letting others in: something of this kernel is still at work. The lock ends with the JVM. */
    void leaveLocked() {
        LOG.log(Level.ERROR, "An atomic batch is still at work; the state directory stays locked until this JVM ends");
    }

    private static SyscallException failure(String reason, @Nullable Throwable cause) {
        return new SyscallException(ErrorCode.UNAVAILABLE, "start_kernel", "", reason, cause);
    }
}
