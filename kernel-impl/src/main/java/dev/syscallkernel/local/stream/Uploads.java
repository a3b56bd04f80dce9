package dev.syscallkernel.local.stream;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.HostErrors;
import dev.syscallkernel.local.fs.WaitingFile;
import dev.syscallkernel.local.fs.WritableFile;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.UploadStatus;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens writers, and remembers the uploads that can be taken up again: by a later connection, and by a later kernel with
 * the same state directory. What has arrived of an upload waits as a hidden file beside its target, so that the commit
 * is one rename; a record in the state directory lets a later kernel find it.
 *
 * <p>An upload belongs to the process that began it, and goes with it. After a restart of the kernel it belongs to the
 * first process that goes on with it at the same place. Each upload has a lock of its own, held over slow work: whoever
 * is made to wait wants the same upload. Thread-safe.
 */
public final class Uploads {
    /** How long an upload waits to be taken up again. */
    public static final Duration LIFETIME = Duration.ofHours(24);

    private static final System.Logger LOG = System.getLogger(Uploads.class.getName());

    private final @Nullable UploadRecords records;
    private final Clock clock;
    private final ConcurrentMap<String, Upload> uploads = new ConcurrentHashMap<>(); // those that are not over
    private volatile boolean closing;

    /** @param directory where the records are kept; null for a kernel that keeps nothing beyond its life */
    public Uploads(@Nullable Path directory, Clock clock) {
        this.records = directory == null ? null : new UploadRecords(directory);
        this.clock = clock;
        if (records != null) {
            load(records);
            sweep();
        }
    }

    private void load(UploadRecords known) {
        try {
            known.load().forEach(record -> uploads.put(record.id(), Upload.restored(record)));
        } catch (IOException problem) {
            throw new SyscallException(
                    ErrorCode.UNAVAILABLE, "start_kernel", "", "the records of uploads cannot be read", problem);
        }
    }

    /** A call that opens an upload. */
    private record Opening(
            SyscallContext context, Pid pid, FileTree files, OpenWriter call, String id, Supplier<Place> place) {
        long offset() {
            return call.options().offset();
        }

        WritableFile begin() {
            return files.beginUpload(context, call.path(), call.options().mode());
        }

        WritableFile takeUp(Upload upload) {
            return files.takeUp(context, call.path(), call.options().mode(), upload.waiting());
        }

        void requireOffset(long size) {
            if (offset() > size) {
                throw context.failure(
                        ErrorCode.CONFLICT, "the kernel has " + size + " bytes of the upload; go on at offset " + size);
            }
        }
    }

    /**
     * Opens a writer.
     *
     * @param place takes a place for an upload among what the process holds
     */
    public StreamingWriter open(
            SyscallContext context, Pid pid, FileTree files, OpenWriter call, Supplier<Place> place) {
        String id = call.options().uploadId().orElse(null);
        FileWriter writer;
        if (id == null) {
            WritableFile file =
                    files.openForWriting(context, call.path(), call.options().mode());
            writer = new FileWriter(context, file, call.options(), FileWriter.Uncommitted.DROP, () -> {});
        } else {
            writer = openUpload(new Opening(context, pid, files, call, id, place));
        }
        context.place().releaseBy(writer::close);
        return writer.takeUp(context);
    }

    private FileWriter openUpload(Opening opening) {
        while (true) {
            Upload upload = uploads.computeIfAbsent(opening.id, Upload::new);
            upload.lock.lock();
            try {
                if (upload.over) {
                    continue; // it has just ended, and its id is unknown now
                }
                FileWriter writer = upload.hasBegun() ? goOn(opening, upload) : begin(opening, upload);
                if (writer != null) {
                    return writer;
                }
            } finally {
                upload.lock.unlock();
            }
        }
    }

    /** Called with the upload's lock held. */
    private FileWriter begin(Opening opening, Upload upload) {
        WritableFile file = null;
        try {
            UploadRecords known = records;
            if (known == null) {
                throw opening.context.failure(
                        ErrorCode.UNSUPPORTED,
                        "an upload that can be taken up again needs a kernel with a state directory, and this one has"
                                + " none");
            }
            if (closing) { // the records that are there stay as they are
                throw opening.context.failure(ErrorCode.UNAVAILABLE, "the kernel is closed");
            }
            opening.requireOffset(0);
            file = opening.begin();
            WaitingFile waiting = file.waiting().orElseThrow();
            upload.waitAs(UploadRecord.of(upload.id, opening.context.subject(), waiting), waiting);
            save(opening.context, known, upload.record());
            adopt(opening, upload);
            return writer(opening, upload, file);
        } catch (RuntimeException | Error problem) {
            if (file != null) {
                file.close();
            }
            forget(upload);
            throw problem;
        }
    }

    private static void save(SyscallContext context, UploadRecords records, UploadRecord record) {
        try {
            records.save(record);
        } catch (IOException problem) {
            ErrorCode code = HostErrors.code(problem);
            throw context.failure(
                    code == ErrorCode.NO_SPACE ? code : ErrorCode.IO_ERROR,
                    "the upload cannot be recorded in the kernel's state directory: " + HostErrors.describe(problem),
                    problem);
        }
    }

    /** Called with the upload's lock held. */
    private void adopt(Opening opening, Upload upload) {
        if (upload.owner == null) {
            upload.place = opening.place.get();
            upload.owner = opening.pid;
            upload.place.releaseBy(() -> ownerEnded(upload));
            if (upload.over) {
                throw opening.context.failure(ErrorCode.NO_SUCH_PROCESS, "the process has ended");
            }
        }
    }

    /** Called with the upload's lock held. */
    private FileWriter writer(Opening opening, Upload upload, WritableFile file) {
        FileWriter writer = new FileWriter(
                opening.context, file, opening.call.options(), FileWriter.Uncommitted.KEEP, () -> committed(upload));
        upload.writer = writer;
        return writer;
    }

    /** Null if there is nothing to go on with, and the upload is over. Called with the upload's lock held. */
    private @Nullable FileWriter goOn(Opening opening, Upload upload) {
        if (upload.belongsToOther(opening.pid)) {
            throw opening.context.failure(ErrorCode.PERMISSION_DENIED, "the upload belongs to another process");
        }
        WritableFile file;
        try {
            takeOver(opening, upload);
            file = opening.takeUp(upload);
        } catch (SyscallException problem) {
            if (isPublished(upload) || (opening.offset() == 0 && isGone(upload))) {
                forget(upload);
                return null;
            }
            throw problem;
        }
        try {
            opening.requireOffset(file.size());
            adopt(opening, upload);
            moved(opening, upload, file);
            return writer(opening, upload, file);
        } catch (RuntimeException | Error problem) {
            file.suspend();
            throw problem;
        }
    }

    /**
     * Ends the writer before: its connection was lost, or is. But not for a call that would fail anyway.
     *
     * @throws SyscallException CONFLICT if the writer was just publishing the file
     */
    private static void takeOver(Opening opening, Upload upload) {
        FileWriter before = upload.writer;
        if (before != null && !before.isOver()) {
            WritableFile probe = opening.takeUp(upload);
            try {
                opening.requireOffset(probe.size());
            } finally {
                probe.suspend();
            }
            opening.context.throwIfCancelled(); // it may have waited for its turn
            before.close();
        }
    }

    /** Waits for a commit that is under way. */
    private static boolean isPublished(Upload upload) {
        return upload.writer != null && upload.writer.isPublished();
    }

    private static boolean isGone(Upload upload) {
        try {
            return upload.waiting().state().isEmpty();
        } catch (IOException unknown) {
            return false;
        }
    }

    /** Its directory may have another name by now. */
    private void moved(Opening opening, Upload upload, WritableFile file) {
        WaitingFile waiting = file.waiting().orElseThrow();
        UploadRecord record = UploadRecord.of(upload.id, opening.context.subject(), waiting);
        try {
            if (records != null && !record.equals(upload.record())) {
                save(opening.context, records, record);
            }
        } catch (RuntimeException | Error problem) {
            waiting.close();
            throw problem;
        }
        upload.waitAs(record, waiting);
    }

    /** How far an upload has got. */
    public UploadStatus status(SyscallContext context, Pid pid, String id) {
        Upload upload = uploads.get(id);
        if (upload == null) {
            throw unknown(context);
        }
        upload.lock.lock();
        try {
            if (upload.over || !upload.hasBegun() || upload.belongsToOther(pid)) {
                throw unknown(context);
            }
            WaitingFile.State state = upload.waiting()
                    .state()
                    .orElseThrow(() -> context.failure(ErrorCode.NOT_FOUND, "what had arrived of the upload is gone"));
            return new UploadStatus(
                    upload.record().path(), state.size(), state.lastModified().plus(LIFETIME));
        } catch (IOException problem) {
            throw context.failure(HostErrors.code(problem), HostErrors.describe(problem), problem);
        } finally {
            upload.lock.unlock();
        }
    }

    private static SyscallException unknown(SyscallContext context) {
        return context.failure(
                ErrorCode.NOT_FOUND, "no upload with this id; it was committed, has expired or never began");
    }

    /** Drops the uploads that nobody has gone on with for too long. */
    public void sweep() {
        Instant limit = clock.instant().minus(LIFETIME);
        for (Upload upload : uploads.values()) {
            if (upload.lock.tryLock()) { // or somebody is just opening it
                try {
                    if (!upload.over && upload.hasBegun() && isAbandoned(upload, limit)) {
                        drop(upload);
                    }
                } finally {
                    upload.lock.unlock();
                }
            }
        }
    }

    private boolean isAbandoned(Upload upload, Instant limit) {
        return !upload.isBeingWritten() && lastChanged(upload).isBefore(limit);
    }

    private Instant lastChanged(Upload upload) {
        try {
            WaitingFile.State state = upload.waiting().state().orElse(null);
            if (state != null) {
                return state.lastModified();
            }
            // Perhaps its directory was renamed while there was no kernel, and somebody will go on with it there.
            return records == null ? Instant.MIN : records.savedAt(upload.record());
        } catch (IOException unknown) {
            LOG.log(Level.WARNING, "What has arrived of an upload cannot be looked at", unknown);
            return Instant.MAX;
        }
    }

    /** Keeps what uploads have so far: from now on, a process that ends does so because its kernel does. */
    public void keep() {
        closing = true;
    }

    private void ownerEnded(Upload upload) {
        upload.lock.lock();
        try {
            if (upload.over) {
                return;
            }
            if (upload.writer != null) {
                upload.writer.close();
            }
            if (closing) {
                uploads.remove(upload.id, upload);
                upload.end();
            } else {
                drop(upload);
            }
        } finally {
            upload.lock.unlock();
        }
    }

    private void committed(Upload upload) {
        upload.lock.lock();
        try {
            if (!upload.over) {
                forget(upload);
            }
        } finally {
            upload.lock.unlock();
        }
    }

    /** Removes it with what has arrived. Called with the upload's lock held. */
    private void drop(Upload upload) {
        try {
            upload.waiting().delete();
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "What had arrived of an abandoned upload could not be removed", problem);
        }
        forget(upload);
    }

    /** Called with the upload's lock held. */
    private void forget(Upload upload) {
        uploads.remove(upload.id, upload);
        if (records != null && upload.hasBegun()) {
            records.delete(upload.record());
        }
        upload.end();
    }
}
