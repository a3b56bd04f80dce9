package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * A hidden file that takes its place in one step when it is complete. Until then nobody sees it, and if it never is,
 * closing it removes it.
 */
final class StagedFile implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(StagedFile.class.getName());
    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

    /** Java copies a heap buffer into a direct one of the same size, which it then keeps: so the pieces are small. */
    private static final int PIECE = 64 << 10;

    private final DirectoryHandle parent;
    private final Name name;
    private final FileChannel channel;
    private boolean published; // or to be left where it is

    private StagedFile(DirectoryHandle parent, Name name, FileChannel channel) {
        this.parent = parent;
        this.name = name;
        this.channel = channel;
    }

    /** Begins a file with the permissions that new files have. */
    static StagedFile begin(DirectoryHandle parent, Name name) throws IOException {
        return new StagedFile(parent, name, parent.openFile(name, CREATE));
    }

    /** Begins a file with the permissions of another one. */
    static StagedFile beginLike(
            SyscallContext ctx, FileOpener opener, DirectoryHandle parent, Name name, BasicFileAttributes model)
            throws IOException {
        if (!(model instanceof PosixFileAttributes posix)) {
            return begin(parent, name);
        }
        Set<PosixFilePermission> wanted = posix.permissions();
        // Changing the permissions may take opening the file for reading.
        Set<PosixFilePermission> first = EnumSet.of(PosixFilePermission.OWNER_READ);
        first.addAll(wanted);
        FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(first);
        StagedFile file = new StagedFile(parent, name, parent.openFile(name, CREATE, mode));
        try {
            // The umask of the JVM may have taken some away.
            if (parent.find(name) instanceof PosixFileAttributes actual
                    && !actual.permissions().equals(wanted)) {
                opener.setPermissions(ctx, parent, name, wanted);
            }
            return file;
        } catch (IOException | RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    /** Opens one that was {@linkplain #suspend suspended}. */
    static StagedFile again(FileOpener opener, DirectoryHandle parent, Name name) throws IOException {
        return new StagedFile(parent, name, opener.reopen(parent, name));
    }

    Name name() {
        return name;
    }

    FileChannel channel() {
        return channel;
    }

    void writeAt(SyscallContext ctx, ByteBuffer data, long position) throws IOException {
        writeAt(ctx, channel, data, position);
    }

    /** Writes all that remains in the buffer at a position. */
    static void writeAt(SyscallContext ctx, FileChannel channel, ByteBuffer data, long position) throws IOException {
        long at = position;
        int limit = data.limit();
        while (data.hasRemaining()) {
            ctx.throwIfCancelled();
            int piece = data.isDirect() ? SyscallContext.CANCELLATION_INTERVAL : PIECE;
            data.limit(data.position() + Math.min(piece, limit - data.position()));
            at += channel.write(data, at);
            data.limit(limit);
            ctx.progress().moved(at - position, at - position + data.remaining());
        }
    }

    /** Takes the place of what has the name now, if anything does. */
    void publish(DirectoryHandle target, Name newName) throws IOException {
        channel.close();
        parent.move(name, target, newName);
        published = true;
    }

    /** Closes the file and leaves it where it is, to be opened {@linkplain #again again}. */
    void suspend() {
        published = true;
        close();
    }

    @Override
    public void close() {
        try {
            channel.close();
            if (!published) {
                parent.deleteFile(name);
            }
        } catch (NoSuchFileException gone) {
            LOG.log(Level.DEBUG, "A temporary file was removed by somebody else", gone);
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "A temporary file could not be removed", failure);
        }
    }
}
