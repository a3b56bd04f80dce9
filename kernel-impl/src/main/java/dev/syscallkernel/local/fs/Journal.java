package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells a later kernel which transactions were under way. A kernel without a state directory has one that keeps nothing.
 *
 * <p>After a failed write or a failed wait for the device nobody knows what is on it: then the journal takes no more.
 *
 * <p>Thread-safe.
 */
final class Journal implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Journal.class.getName());

    /** At this size it is emptied as soon as nothing is under way. */
    private static final long COMPACT_AT = 256 << 10;

    private final FileOperations operations;
    private final @Nullable FileChannel channel;
    private final Set<Path> roots = new LinkedHashSet<>(); // guarded by this: where stages may not be gone for ever
    private long sequence; // guarded by this
    private int underWay; // guarded by this
    private @Nullable IOException broken; // guarded by this

    /** @param channel open for reading and writing; null to keep nothing */
    Journal(FileOperations operations, @Nullable FileChannel channel) {
        this.operations = operations;
        this.channel = channel;
    }

    boolean keeps() {
        return channel != null;
    }

    /** Reads what a former kernel has written, and cuts off what it did not write to its end. */
    synchronized List<JournalEntry> load() throws IOException {
        if (channel == null) {
            return List.of();
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {
            // On to the end.
        }
        JournalEntry.Whole whole = JournalEntry.decode(bytes.array());
        if (whole.size() < bytes.capacity()) {
            operations.cut(channel, whole.size());
        }
        List<JournalEntry> entries = whole.entries();
        sequence = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).sequence() + 1;
        return entries;
    }

    /** Forgets everything, which has been dealt with: what was removed must be gone for ever before that. */
    synchronized void clear() throws IOException {
        if (channel == null || channel.size() == 0) {
            return;
        }
        for (Path root : roots) {
            try (DirectoryHandle directory = DirectoryHandle.of(Directory.open(root))) {
                operations.forceDirectory(directory);
            } catch (NoSuchFileException | NotDirectoryException gone) {
                LOG.log(Level.DEBUG, "A directory with a stage is gone", gone);
            }
        }
        roots.clear();
        operations.cut(channel, 0);
    }

    /** A transaction begins; {@link #end} must follow. */
    synchronized void begin() throws IOException {
        requireSound();
        underWay++;
    }

    /** A transaction is over, and nothing needs to be known of it any more. */
    synchronized void end() {
        underWay--;
        try {
            if (channel != null && channel.size() > COMPACT_AT) {
                clearIfIdle();
            }
        } catch (IOException failure) {
            broken = failure;
            LOG.log(Level.ERROR, "The journal cannot be emptied, and takes no more atomic batches", failure);
        }
    }

    /** Called under the lock of this. */
    private void clearIfIdle() throws IOException {
        if (underWay == 0 && broken == null) {
            clear();
        }
    }

    /** The transaction begins to prepare changes in the root of a mount. */
    synchronized void stage(String transaction, Path root, boolean force) throws IOException {
        roots.add(root);
        append(JournalEntry.Type.STAGE, transaction, root.toString().getBytes(UTF_8), force);
    }

    /** A transaction stays as it is until the kernel is started again: what is known of it has to be kept. */
    synchronized void keep() {
        underWay = Integer.MIN_VALUE / 2;
    }

    /**
     * Adds a record.
     *
     * @param force whether to wait until it is on the device
     */
    synchronized void append(JournalEntry.Type type, String transaction, byte[] payload, boolean force)
            throws IOException {
        requireSound();
        if (channel == null) {
            return;
        }
        long end = channel.size();
        try {
            operations.append(
                    channel, new JournalEntry(type, transaction, sequence, ByteBuffer.wrap(payload)).encode());
        } catch (IOException failure) {
            throw cutBack(channel, end, failure);
        }
        sequence++;
        if (force) {
            try {
                operations.forceJournal(channel);
            } catch (IOException failure) {
                broken = failure;
                throw new ForceFailedException(failure);
            }
        }
    }

    /** Called under the lock of this. */
    private IOException cutBack(FileChannel file, long size, IOException failure) {
        try {
            operations.cut(file, size);
            return failure;
        } catch (IOException further) {
            failure.addSuppressed(further);
            broken = failure;
            return new ForceFailedException(failure);
        }
    }

    /** Called under the lock of this. */
    private void requireSound() throws IOException {
        if (broken != null) {
            throw new BrokenJournalException(broken);
        }
    }

    @Override
    public synchronized void close() {
        if (channel == null) {
            return;
        }
        try (channel) {
            clearIfIdle();
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "The journal could not be closed", failure);
        }
    }
}
