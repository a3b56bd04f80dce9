package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells a later kernel which transactions were under way. A kernel without a state directory has one that keeps nothing.
 *
 * <p>With the plan of a transaction it reserves the space for the records of its end: so a full disk is met before
 * anything is changed. It holds on to the records of the transactions that are not over; when it has become large, it is
 * written anew with nothing else.
 *
 * <p>After a failed write or a failed wait for the device nobody knows what is on it: then the journal takes no more.
 *
 * <p>Thread-safe; and not closed by a thread that is interrupted, as a channel would be.
 */
final class Journal implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Journal.class.getName());

    /** At this size it is written anew, without what is over. */
    private static final long COMPACT_AT = 256 << 10;

    /** Enough for two records without, and one with a few, steps. */
    private static final int END_BYTES = 256;

    private final FileOperations operations;
    private final Path path;
    private @Nullable RandomAccessFile file; // guarded by this
    private final Map<String, Trail> live = new LinkedHashMap<>(); // guarded by this: of those that are not over
    private final Set<Path> roots = new LinkedHashSet<>(); // guarded by this: where stages may not be gone for ever
    private long end; // guarded by this: of the records
    private long sequence; // guarded by this
    private int underWay; // guarded by this
    private @Nullable IOException broken; // guarded by this

    /** What the journal says of one transaction. */
    private static final class Trail {
        private final List<JournalEntry> entries = new ArrayList<>();
        private int reserved; // bytes behind the records
    }

    /**
     * @param path where the file is
     * @param file open for reading and writing; null to keep nothing
     */
    Journal(FileOperations operations, Path path, @Nullable RandomAccessFile file) {
        this.operations = operations;
        this.path = path;
        this.file = file;
    }

    synchronized boolean keeps() {
        return file != null;
    }

    /** Reads what a former kernel has written, and cuts off what it did not write to its end. */
    synchronized void load(Consumer<JournalEntry> reader) throws IOException {
        if (file == null) {
            return;
        }
        long length = file.length();
        file.seek(0);
        // Not closed: that would close the journal.
        DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(file.getFD()), 1 << 16));
        JournalEntry entry = JournalEntry.read(in, length);
        boolean first = true;
        while (entry != null && (first || entry.sequence() == sequence)) {
            first = false;
            sequence = entry.sequence() + 1;
            end += entry.size();
            note(entry);
            reader.accept(entry);
            entry = JournalEntry.read(in, length - end);
        }
        if (end < length) {
            operations.cut(file, end, 0);
        }
        if (end > 0) {
            // A kernel that was killed may not have waited for it, and what it says is built upon from here on.
            operations.forceJournal(file);
        }
    }

    /** Called under the lock of this. */
    private Trail note(JournalEntry entry) {
        Trail trail = live.computeIfAbsent(entry.transaction(), id -> new Trail());
        if (entry.type() == JournalEntry.Type.COMMIT || entry.type() == JournalEntry.Type.ABORT) {
            trail.entries.removeIf(
                    other -> other.type() == JournalEntry.Type.PREPARED || other.type() == JournalEntry.Type.RESOLVED);
        } else if (entry.type() == JournalEntry.Type.RESOLVED) {
            trail.entries.removeIf(other -> other.type() == JournalEntry.Type.RESOLVED);
        } else if (entry.type() == JournalEntry.Type.STAGE) {
            roots.add(root(entry));
        }
        trail.entries.add(entry);
        return trail;
    }

    private static Path root(JournalEntry stage) {
        return Path.of(UTF_8.decode(stage.payload().duplicate()).toString());
    }

    /** A transaction begins; {@link #end()} must follow. */
    synchronized void begin() throws IOException {
        requireSound();
        underWay++;
    }

    /** A transaction has been left to itself. */
    synchronized void end() {
        underWay--;
        notifyAll();
    }

    /** Waits until no transaction is under way. Answers whether it is so. */
    synchronized boolean awaitEnd(long millis) {
        long deadline = System.nanoTime() + millis * 1_000_000;
        boolean interrupted = false;
        while (underWay > 0 && deadline - System.nanoTime() > 0) {
            try {
                wait(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException interruption) {
                interrupted = true; // What is being changed has to end first.
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return underWay <= 0;
    }

    /** Nothing needs to be known of a transaction any more: its stages have been removed. */
    synchronized void forget(String transaction) {
        live.remove(transaction);
        try {
            if (end > COMPACT_AT) {
                compact();
            }
        } catch (IOException failure) {
            poison(failure);
        }
    }

    /** Empties the journal if nothing is under way or in doubt: what was removed must be gone for ever before that. */
    synchronized void clear() throws IOException {
        if (live.isEmpty() && broken == null) {
            compact();
        }
    }

    /** Called under the lock of this. */
    private void compact() throws IOException {
        if (file == null || end == 0 || broken != null) {
            return;
        }
        long kept = live.values().stream()
                .flatMap(trail -> trail.entries.stream())
                .mapToLong(JournalEntry::size)
                .sum();
        if (kept > 0 && end < COMPACT_AT + 2 * kept) {
            return;
        }
        for (Path root : roots) {
            force(root);
        }
        roots.clear();
        if (live.isEmpty()) {
            operations.cut(file, 0, 0);
            end = 0;
        } else {
            rewrite(file, Math.toIntExact(kept));
        }
    }

    private void force(Path root) throws IOException {
        DirectoryHandle directory;
        try {
            directory = DirectoryHandle.of(Directory.open(root));
        } catch (IOException gone) {
            LOG.log(Level.DEBUG, "A directory with a stage is gone", gone);
            return;
        }
        try (directory) {
            operations.forceDirectory(directory);
        }
    }

    /** Called under the lock of this. */
    private void rewrite(RandomAccessFile old, int size) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(size + reserved());
        for (Trail trail : live.values()) {
            for (JournalEntry entry : trail.entries) {
                content.put(entry.withSequence(sequence++).encode());
                if (entry.type() == JournalEntry.Type.STAGE) {
                    roots.add(root(entry));
                }
            }
        }
        file = operations.replaceJournal(path, content.rewind());
        end = size;
        old.close();
    }

    /** Called under the lock of this. */
    private int reserved() {
        return live.values().stream().mapToInt(trail -> trail.reserved).sum();
    }

    /** The transaction begins to prepare changes in the root of a mount. */
    synchronized void stage(String transaction, Path root, boolean force) throws IOException {
        append(JournalEntry.Type.STAGE, transaction, root.toString().getBytes(UTF_8), force);
    }

    /** A wait for the device has failed: what is on it must not be built upon, and not be asked again. */
    synchronized void poison(IOException cause) {
        if (broken == null) {
            broken = cause;
            LOG.log(
                    Level.ERROR,
                    "The host has failed: no more atomic batches until the kernel is started again",
                    cause);
        }
    }

    /**
     * Adds a record.
     *
     * @param force whether to wait until it is on the device
     */
    synchronized void append(JournalEntry.Type type, String transaction, byte[] payload, boolean force)
            throws IOException {
        requireSound();
        if (file == null) {
            return;
        }
        JournalEntry entry = new JournalEntry(type, transaction, sequence, ByteBuffer.wrap(payload));
        Trail trail = live.get(transaction);
        int own = trail == null ? 0 : trail.reserved;
        int mine = reserveAfter(entry, own);
        try {
            operations.append(file, end, entry.encode(), reserved() - own + mine);
        } catch (IOException failure) {
            throw cutBack(file, failure);
        }
        note(entry).reserved = mine;
        end += entry.size();
        sequence++;
        if (force) {
            try {
                operations.forceJournal(file);
            } catch (IOException failure) {
                poison(failure);
                throw new ForceFailedException(failure);
            }
        }
    }

    /** Each step of a plan takes a bit, and far more than a byte of the plan. */
    private static int reserveAfter(JournalEntry entry, int own) {
        return switch (entry.type()) {
            case STAGE -> own;
            case PREPARED -> END_BYTES + entry.payload().remaining() / 32;
            case RESOLVED -> Math.max(0, own - entry.size());
            case COMMIT, ABORT -> 0;
        };
    }

    /** Called under the lock of this. */
    private IOException cutBack(RandomAccessFile journal, IOException failure) {
        try {
            operations.cut(journal, end, reserved());
            return failure;
        } catch (IOException further) {
            failure.addSuppressed(further);
            poison(failure);
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
        if (file == null) {
            return;
        }
        try (RandomAccessFile closing = file) {
            clear();
            LOG.log(Level.DEBUG, "Closing {0}", closing);
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "The journal could not be closed", failure);
        } finally {
            broken = broken == null ? new IOException("the journal is closed") : broken;
        }
    }
}
