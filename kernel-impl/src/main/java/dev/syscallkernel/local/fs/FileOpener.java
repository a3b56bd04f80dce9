package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/**
 * Opens what was a regular file a moment ago, so that whatever has taken its place meanwhile does no harm. A link is
 * not followed. A FIFO must not block: opened for reading <em>and</em> writing it never does, and then proves to have
 * no position. Where writing is out of the question the open is guarded instead: on read-only mounts, whose files must
 * not look as if somebody had written them; for files that the host does not let the kernel write; and for programs,
 * which nobody could start while they are open for writing.
 *
 * <p>Thread-safe.
 */
final class FileOpener implements AutoCloseable {
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> WRITE = Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> READ_WRITE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    private final GuardedCalls guarded = new GuardedCalls();

    /** Opens a regular file for reading. */
    FileChannel forReading(SyscallContext ctx, Target.Existing file) throws IOException {
        return forReading(ctx, file.mount(), file.parent(), file.name(), file.attributes());
    }

    /** Opens an entry that was a regular file for reading. */
    FileChannel forReading(
            SyscallContext ctx,
            MountedDirectory mount,
            DirectoryHandle parent,
            Name name,
            BasicFileAttributes attributes)
            throws IOException {
        if (!mount.isReadOnly() && !isProgram(attributes)) {
            try {
                return withPosition(open(parent, name, READ_WRITE));
            } catch (AccessDeniedException readable) {
                // Perhaps it can be read all the same.
            } catch (FileSystemException failure) {
                if (!HostErrors.isReadOnly(failure) && !HostErrors.isBusyExecutable(failure)) {
                    throw failure;
                }
            }
        }
        return guarded.run(ctx, parent, name, () -> withContent(open(parent, name, READ)));
    }

    /** Opens a regular file for writing in place. */
    FileChannel forWriting(SyscallContext ctx, Target.Existing file) throws IOException {
        DirectoryHandle parent = file.parent();
        try {
            return withPosition(open(parent, file.name(), READ_WRITE));
        } catch (AccessDeniedException writable) {
            return guarded.run(ctx, parent, file.name(), () -> withPosition(open(parent, file.name(), WRITE)));
        }
    }

    /** Opens a file of the kernel's own making once more, for reading and writing. */
    FileChannel reopen(DirectoryHandle parent, Name name) throws IOException {
        return withPosition(open(parent, name, READ_WRITE));
    }

    /** Sets the permissions of a file of the kernel's own making. */
    void setPermissions(SyscallContext ctx, DirectoryHandle parent, Name name, Set<PosixFilePermission> permissions)
            throws IOException {
        guarded.run(ctx, parent, name, () -> {
                    parent.setPermissions(name, permissions);
                    return () -> {};
                })
                .close();
    }

    private static FileChannel open(DirectoryHandle parent, Name name, Set<OpenOption> options) throws IOException {
        try {
            return parent.openFile(name, options);
        } catch (FileSystemException failure) {
            throw HostErrors.isLink(failure) ? new SwappedException(failure) : failure;
        }
    }

    /** A FIFO has none. A directory cannot have been opened for writing. */
    private static FileChannel withPosition(FileChannel channel) throws IOException {
        return checked(channel, channel::position);
    }

    /** Neither a FIFO nor a directory can be read at a position. */
    private static FileChannel withContent(FileChannel channel) throws IOException {
        return checked(channel, () -> channel.read(ByteBuffer.allocate(1), 0));
    }

    private static FileChannel checked(FileChannel channel, Check check) throws IOException {
        try {
            check.run();
            return channel;
        } catch (IOException | RuntimeException | Error failure) {
            channel.close();
            throw failure;
        }
    }

    /** A call on a channel that only a regular file can answer. */
    private interface Check {
        long run() throws IOException;
    }

    private static boolean isProgram(BasicFileAttributes attributes) {
        Set<PosixFilePermission> permissions =
                attributes instanceof PosixFileAttributes posix ? posix.permissions() : Set.of();
        return permissions.contains(PosixFilePermission.OWNER_EXECUTE)
                || permissions.contains(PosixFilePermission.GROUP_EXECUTE)
                || permissions.contains(PosixFilePermission.OTHERS_EXECUTE);
    }

    @Override
    public void close() {
        guarded.close();
    }
}
