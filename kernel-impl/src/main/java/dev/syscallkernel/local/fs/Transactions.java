package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The atomic changes of files of one kernel, and what keeps them apart from everything else that works on files.
 * Thread-safe.
 */
public final class Transactions implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Transactions.class.getName());

    /** How long transactions that have begun to change files may go on when the kernel closes. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final FileOperations operations;
    private final Journal journal;
    private final Isolation isolation = new Isolation();
    private final RecoveryReport recovery;
    private final @Nullable Path file; // of the journal
    private volatile boolean closing;

    private Transactions(FileOperations operations, Journal journal, RecoveryReport recovery, @Nullable Path file) {
        this.operations = operations;
        this.journal = journal;
        this.recovery = recovery;
        this.file = file;
        isolation.block(recovery.doubts());
    }

    /**
     * Begins, after having ended what a former kernel left unfinished.
     *
     * @param journal the file of the journal, which is created where needed
     * @param scratch beneath it, directories do not outlive their kernel
     * @param accepted the names of transactions in doubt whose files are to be taken as they are
     * @throws SyscallException UNAVAILABLE if the journal cannot be used
     */
    public static Transactions open(Path journal, Path scratch, Set<String> accepted) {
        return open(journal, scratch, accepted, new HostOperations());
    }

    static Transactions open(Path file, Path scratch, Set<String> accepted, FileOperations operations) {
        Journal journal = null;
        try {
            journal = new Journal(operations, file, HostOperations.openJournal(file));
            Recovery recovery = new Recovery(
                    operations, journal, path -> DirectoryHandle.of(Directory.open(path)), scratch, accepted);
            return new Transactions(operations, journal, recovery.run(), file);
        } catch (IOException failure) {
            if (journal != null) {
                journal.poison(failure); // it is kept as it is
                journal.close();
            }
            throw new SyscallException(
                    ErrorCode.UNAVAILABLE,
                    "start_kernel",
                    "",
                    "the atomic batches of the former kernel cannot be ended: " + HostErrors.describe(failure),
                    failure);
        }
    }

    /** Begins without a journal: what a failure interrupts is undone, but not what the end of the kernel interrupts. */
    public static Transactions withoutJournal() {
        FileOperations operations = new HostOperations();
        return new Transactions(operations, new Journal(operations, Path.of(""), null), RecoveryReport.NOTHING, null);
    }

    /** What was found and done at the beginning. */
    public RecoveryReport recovery() {
        return recovery;
    }

    FileOperations operations() {
        return operations;
    }

    Isolation isolation() {
        return isolation;
    }

    /**
     * Makes changes all together, or none of them.
     *
     * @param ctx what the transaction as a whole is known and cancelled by
     * @param durable whether also a power failure leaves all or none
     * @param changes plans the changes; more than once if others work on the same files
     * @throws SyscallException that planning threw, or if the changes cannot be made: there are none then, unless it is
     *     IN_DOUBT
     */
    public void run(SyscallContext ctx, boolean durable, Consumer<Transaction> changes) {
        if (durable && !journal.keeps()) {
            throw ctx.failure(
                    ErrorCode.UNSUPPORTED,
                    "a durable batch needs a kernel with a state directory, and this one has none");
        }
        if (closing) {
            throw ctx.failure(ErrorCode.UNAVAILABLE, "the kernel is closing");
        }
        try {
            journal.begin();
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
        try {
            isolation.runBatch(ctx, grant -> run(ctx, durable, grant, changes));
        } finally {
            journal.end();
        }
    }

    private boolean run(SyscallContext ctx, boolean durable, PathLocks.Grant grant, Consumer<Transaction> changes) {
        try (Transaction transaction = new Transaction(ctx, operations, journal, durable, grant)) {
            changes.accept(transaction);
            transaction.commit(isolation);
            return true;
        }
    }

    /**
     * Begins no more transactions, and waits for those that are under way.
     *
     * @return whether none is any more: otherwise no other kernel may use the journal
     */
    public boolean awaitEnd() {
        closing = true;
        return journal.awaitEnd(PATIENCE.toMillis());
    }

    @Override
    public void close() {
        closing = true;
        journal.close();
        try {
            if (file != null && Files.size(file) == 0) {
                Files.delete(file);
            }
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "The empty journal could not be removed", failure);
        }
    }
}
