package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.stream.WriteMode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** A hidden file on its way to a place that was resolved, and is held, from the beginning. */
final class StagedWriting implements WritableFile {
    private final Target target;
    private final DirectoryHandle parent;
    private final Name name;
    private final WriteMode mode;
    private final StagedFile staged;
    private final @Nullable Path stagedIn;
    private final FileOperations host;
    private final Runnable onEnd;
    private long size;
    private boolean over;

    /**
     * @param stagedIn the host's path of the directory, if the file can be taken up again; null if not
     * @param size how many bytes the staged file has already
     * @param host waits for the device
     * @param onEnd called once nothing more is written
     */
    StagedWriting(
            Target target,
            DirectoryHandle parent,
            Name name,
            WriteMode mode,
            StagedFile staged,
            @Nullable Path stagedIn,
            long size,
            FileOperations host,
            Runnable onEnd) {
        this.target = target;
        this.parent = parent;
        this.name = name;
        this.mode = mode;
        this.staged = staged;
        this.stagedIn = stagedIn;
        this.size = size;
        this.host = host;
        this.onEnd = onEnd;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void write(SyscallContext ctx, ByteBuffer data) {
        try {
            int count = data.remaining();
            staged.writeAt(ctx, data, size);
            size += count;
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
    }

    @Override
    public void read(SyscallContext ctx, ByteBuffer buffer, long position) {
        try {
            long from = position;
            while (buffer.hasRemaining()) {
                int count = staged.channel().read(buffer, from);
                if (count < 0) {
                    throw new EOFException();
                }
                from += count;
            }
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
    }

    @Override
    public void publish(SyscallContext ctx, boolean sync) {
        try {
            if (sync) {
                host.forceOpenFile(staged.channel());
            }
            Lock names = Directories.lock(ctx, parent);
            try {
                requireReplaceable(ctx, parent.find(name));
                staged.publish(parent, name);
            } finally {
                names.unlock();
            }
            if (sync) {
                host.forceDirectory(parent);
            }
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
        over = true;
        end();
    }

    /** The place may have been taken by something else since it was resolved. */
    private void requireReplaceable(SyscallContext ctx, @Nullable BasicFileAttributes now) {
        if (now == null) {
            return;
        }
        if (mode == WriteMode.CREATE_NEW) {
            throw Lookup.taken(ctx);
        }
        if (now.isDirectory()) {
            throw Lookup.isDirectory(ctx);
        }
        if (now.isOther()) {
            throw ctx.failure(
                    ErrorCode.PERMISSION_DENIED, "a FIFO, a socket or a device has taken the place of the file");
        }
    }

    @Override
    public Optional<WaitingFile> waiting() {
        return stagedIn == null
                ? Optional.empty()
                : Optional.of(new WaitingFile(stagedIn, staged.name(), name.text(), parent.share()));
    }

    @Override
    public void close() {
        if (!over) {
            over = true;
            staged.close();
            end();
        }
    }

    @Override
    public void suspend() {
        if (!over) {
            over = true;
            staged.suspend();
            end();
        }
    }

    private void end() {
        target.close();
        onEnd.run();
    }
}
