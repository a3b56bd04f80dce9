package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bytes at the end of a file. They are written in place, and cut off again unless they are published. A file has only
 * one such writer at a time, for each would take the other's bytes for its own.
 */
final class AppendedWriting implements WritableFile {
    private static final System.Logger LOG = System.getLogger(AppendedWriting.class.getName());

    /** The keys of the files that are being appended to by any kernel of this JVM. */
    private static final Set<Object> BUSY = ConcurrentHashMap.newKeySet();

    private final Target.Existing file;
    private final FileOpener opener;
    private final FileChannel channel;
    private final Object key;
    private final long begin;
    private final FileOperations host;
    private final Runnable onEnd;
    private long size;
    private boolean over;

    private AppendedWriting(
            Target.Existing file,
            FileOpener opener,
            FileChannel channel,
            Object key,
            long begin,
            FileOperations host,
            Runnable onEnd) {
        this.file = file;
        this.opener = opener;
        this.channel = channel;
        this.key = key;
        this.begin = begin;
        this.host = host;
        this.onEnd = onEnd;
    }

    /**
     * Begins at the end of a file; owns the target if it succeeds.
     *
     * @param host waits for the device
     * @param onEnd called once nothing more is written
     */
    static AppendedWriting begin(
            SyscallContext ctx, Target.Existing file, FileOpener opener, FileOperations host, Runnable onEnd)
            throws IOException {
        Object key = file.attributes().fileKey() == null
                ? file.position()
                : file.attributes().fileKey();
        if (!BUSY.add(key)) {
            throw ctx.failure(ErrorCode.CONFLICT, "another stream is appending to the file; wait until it has ended");
        }
        try {
            FileChannel channel = opener.forWriting(ctx, file);
            return new AppendedWriting(file, opener, channel, key, channel.size(), host, onEnd);
        } catch (IOException | RuntimeException | Error failure) {
            BUSY.remove(key);
            throw failure;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void write(SyscallContext ctx, ByteBuffer data) {
        try {
            int count = data.remaining();
            StagedFile.writeAt(ctx, channel, data, begin + size);
            size += count;
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
    }

    @Override
    public void read(SyscallContext ctx, ByteBuffer buffer, long position) {
        throw HostErrors.translate(ctx, new EOFException());
    }

    @Override
    public void publish(SyscallContext ctx, boolean sync) {
        try {
            if (sync) {
                host.forceOpenFile(channel);
            }
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
        end();
    }

    @Override
    public Optional<WaitingFile> waiting() {
        return Optional.empty();
    }

    @Override
    public void close() {
        if (over) {
            return;
        }
        try {
            cutBack();
        } catch (IOException | RuntimeException failure) {
            LOG.log(Level.WARNING, "A failed append could not be cut back", failure);
        } finally {
            end();
        }
    }

    /** An append cannot be taken up again, so it is given up. */
    @Override
    public void suspend() {
        close();
    }

    private void cutBack() throws IOException {
        if (channel.isOpen()) {
            channel.truncate(begin);
            return;
        }
        // An interrupt closes the channel of the thread that writes.
        try (FileChannel again = opener.reopen(file.parent(), file.name())) {
            again.truncate(begin);
        }
    }

    private void end() {
        if (!over) {
            over = true;
            BUSY.remove(key);
            try {
                channel.close();
            } catch (IOException failure) {
                LOG.log(Level.WARNING, "A file that was appended to could not be closed", failure);
            }
            file.close();
            onEnd.run();
        }
    }
}
