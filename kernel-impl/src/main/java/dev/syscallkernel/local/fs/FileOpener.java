package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Opens what was a regular file a moment ago, so that whatever has taken its place meanwhile does no harm. A link is
 * not followed. A FIFO must not block: opened for reading <em>and</em> writing it never does, and then proves to have
 * no position. A program cannot be started while somebody has it open for writing, so it is opened again by its
 * descriptor, for reading only. Where opening for writing is out of the question the open is guarded instead: on
 * read-only mounts, whose files must not look as if somebody had written them, and for files that the host does not let
 * the kernel write.
 *
 * <p>Thread-safe.
 */
final class FileOpener {
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
        FileChannel channel = mount.isReadOnly() ? null : openReadWrite(parent, name);
        if (channel != null) {
            withPosition(channel);
            return isProgram(attributes) ? forReadingOnly(channel, attributes) : channel;
        }
        return guarded.run(ctx, parent, name, () -> withContent(open(parent, name, READ)));
    }

    /** Opens a regular file for writing in place. */
    FileChannel forWriting(SyscallContext ctx, Target.Existing file) throws IOException {
        DirectoryHandle parent = file.parent();
        FileChannel channel = openReadWrite(parent, file.name());
        return channel != null
                ? withPosition(channel)
                : guarded.run(ctx, parent, file.name(), () -> withPosition(open(parent, file.name(), WRITE)));
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

    /** Opens the same file once more. If it is another one than was seen, it stays open as it is. */
    private static FileChannel forReadingOnly(FileChannel channel, BasicFileAttributes attributes) throws IOException {
        Object key = attributes.fileKey();
        try {
            Path path = key == null ? null : DescriptorSearch.pathOf(channel, key);
            if (path == null) {
                return channel.position(0);
            }
            try (channel) {
                return FileChannel.open(path, StandardOpenOption.READ);
            }
        } catch (IOException | RuntimeException | Error failure) {
            channel.close();
            throw failure;
        }
    }

    /** Answers null if the host refuses; perhaps it would not if less were asked for. */
    private static @Nullable FileChannel openReadWrite(DirectoryHandle parent, Name name) throws IOException {
        try {
            return open(parent, name, READ_WRITE);
        } catch (NoSuchFileException missing) {
            throw missing;
        } catch (FileSystemException refused) {
            return null;
        }
    }

    private static FileChannel open(DirectoryHandle parent, Name name, Set<OpenOption> options) throws IOException {
        try {
            return parent.openFile(name, options);
        } catch (IOException failure) {
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
}
