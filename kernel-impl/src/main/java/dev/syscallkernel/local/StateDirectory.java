package dev.syscallkernel.local;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel keeps on the host for itself: the scratch directories of its processes and, in a directory that the
 * operator named, a lock that keeps a second kernel away. Without such a directory it is a temporary one.
 */
final class StateDirectory implements AutoCloseable {
    /** Those whose locks nobody may take before this JVM ends: what is collected is closed. */
    private static final Set<StateDirectory> LEFT = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final boolean temporary;
    private final @Nullable FileChannel lock;

    private StateDirectory(Path directory, boolean temporary, @Nullable FileChannel lock) {
        this.directory = directory;
        this.temporary = temporary;
        this.lock = lock;
    }

    /** Opens the named directory, creating it where needed. */
    static StateDirectory open(Path directory) {
        try {
            Files.createDirectories(directory);
            FileChannel lock = lock(directory.resolve("lock"));
            return new StateDirectory(directory, false, lock);
        } catch (IOException problem) {
            throw failure("the state directory cannot be used: " + problem, problem);
        }
    }

    /** Removes what a killed kernel left, once its atomic batches are ended: they may have files there. */
    void sweep() {
        try {
            deleteTree(scratch());
            deleteTree(launchers());
        } catch (IOException problem) {
            throw failure("the state directory cannot be used: " + problem, problem);
        }
    }

    /** A directory that lives as long as the kernel. */
    static StateDirectory temporary() {
        try {
            // Hidden from processes with a mount around it: they would find the scratch directories of the others.
            Path directory = Files.createTempDirectory(".sk-syscallkernel-");
            // The programs of a kernel that runs as root have another user, who has to get to the scratch directories.
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
            return new StateDirectory(directory, true, null);
        } catch (IOException problem) {
            throw failure("no temporary directory can be created: " + problem, problem);
        }
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
        return temporary ? Optional.empty() : Optional.of(directory.resolve("journal"));
    }

    /** Where the records of uploads are kept, if anything is kept beyond the life of the kernel. */
    Optional<Path> uploads() {
        return temporary ? Optional.empty() : Optional.of(directory.resolve("uploads"));
    }

    @Override
    public void close() {
        try {
            try {
                deleteTree(launchers());
                deleteTree(temporary ? directory : scratch());
            } finally {
                if (lock != null) {
                    lock.close();
                }
            }
        } catch (IOException problem) {
            System.getLogger(StateDirectory.class.getName())
                    .log(System.Logger.Level.WARNING, "The kernel's own directory could not be cleaned up", problem);
        }
    }

    /** Lets go without letting others in: something of this kernel is still at work. The lock ends with the JVM. */
    void leaveLocked() {
        LEFT.add(this);
        System.getLogger(StateDirectory.class.getName())
                .log(
                        System.Logger.Level.ERROR,
                        "An atomic batch is still at work; the state directory stays locked until this JVM ends");
    }

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException heldByThisJvm) {
            channel.close();
            throw inUse(heldByThisJvm);
        }
        channel.close();
        throw inUse(null);
    }

    private static SyscallException inUse(@Nullable Throwable cause) {
        return failure("another kernel is using the state directory; stop it, or give this one its own", cause);
    }

    private static SyscallException failure(String reason, @Nullable Throwable cause) {
        return new SyscallException(ErrorCode.UNAVAILABLE, "start_kernel", "", reason, cause);
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException problem) throws IOException {
                if (problem != null) {
                    throw problem;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
