package dev.syscallkernel.local.stream;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.WritableFile;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.UploadStatus;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens writers, and remembers the uploads that can be taken up again: by a later connection, and by a later kernel with
 * the same state directory. What has arrived of an upload waits as a hidden file beside its target, so that the commit
 * is one rename; a record in the state directory lets a later kernel find it.
 *
 * <p>An upload belongs to the process that began it, and goes with it. After a restart of the kernel it belongs to the
 * first process that goes on with it at the same place. Thread-safe.
 */
public final class Uploads {
    /** How long an upload waits to be taken up again. */
    public static final Duration LIFETIME = Duration.ofHours(24);

    private static final System.Logger LOG = System.getLogger(Uploads.class.getName());

    private final @Nullable Path directory;
    private final Clock clock;
    private final Object lock = new Object();
    private final Map<String, Upload> uploads = new HashMap<>(); // guarded by lock
    private boolean closing; // guarded by lock

    /** @param directory where the records are kept; null for a kernel that keeps nothing beyond its life */
    public Uploads(@Nullable Path directory, Clock clock) {
        this.directory = directory;
        this.clock = clock;
        if (directory != null) {
            load(directory);
            sweep();
        }
    }

    /** One upload. All its fields are guarded by the lock. */
    private static final class Upload {
        private final UploadRecord record;
        private @Nullable Pid owner; // null after a restart, until somebody goes on with it
        private Place place = Place.NONE; // among what the owner holds
        private @Nullable FileWriter writer; // null while nobody writes

        private Upload(UploadRecord record) {
            this.record = record;
        }
    }

    private void load(Path records) {
        synchronized (lock) {
            try {
                Files.createDirectories(records);
                try (DirectoryStream<Path> files = Files.newDirectoryStream(records, "*" + UploadRecord.SUFFIX)) {
                    for (Path file : files) {
                        UploadRecord record = UploadRecord.load(file);
                        uploads.put(record.id(), new Upload(record));
                    }
                }
            } catch (IOException problem) {
                throw new SyscallException(
                        ErrorCode.UNAVAILABLE, "start_kernel", "", "the records of uploads cannot be read", problem);
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
        FileWriter writer;
        String id = call.options().uploadId().orElse(null);
        if (id == null) {
            WritableFile file =
                    files.openForWriting(context, call.path(), call.options().mode(), null);
            writer = new FileWriter(context, file, call.options(), FileWriter.Uncommitted.DROP, () -> {});
        } else {
            synchronized (lock) {
                writer = openUpload(context, pid, files, call, id, place);
            }
        }
        context.place().releaseBy(writer::close);
        return writer.takeUp();
    }

    /** Called under lock. */
    private FileWriter openUpload(
            SyscallContext context, Pid pid, FileTree files, OpenWriter call, String id, Supplier<Place> place) {
        Upload known = uploads.get(id);
        if (known != null) {
            requireOwner(context, known, pid);
            if (known.writer != null) {
                // Its connection was lost, or is: whoever goes on with the upload takes it over.
                known.writer.close();
                known.writer = null;
            }
        }
        WritableFile file =
                files.openForWriting(context, call.path(), call.options().mode(), UploadRecord.key(id));
        try {
            Upload upload = known == null ? begin(context, id, file) : known;
            requireSamePlace(context, upload, file);
            requireOffset(context, call.options().offset(), file.size());
            uploads.put(id, upload);
            if (upload.owner == null) {
                upload.place = place.get();
                upload.owner = pid;
                upload.place.releaseBy(() -> ownerEnded(upload));
            }
            FileWriter writer =
                    new FileWriter(context, file, call.options(), FileWriter.Uncommitted.KEEP, () -> committed(upload));
            upload.writer = writer;
            return writer;
        } catch (RuntimeException | Error problem) {
            if (known == null) {
                file.close();
                uploads.remove(id);
                deleteRecord(id);
            } else {
                file.suspend();
            }
            throw problem;
        }
    }

    private Upload begin(SyscallContext context, String id, WritableFile file) {
        Path records = directory;
        if (records == null) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "an upload that can be taken up again needs a kernel with a state directory, and this one has none");
        }
        try {
            UploadRecord record =
                    new UploadRecord(id, context.subject(), file.stagedAt().orElseThrow());
            record.save(records);
            return new Upload(record);
        } catch (IOException problem) {
            throw context.failure(
                    ErrorCode.IO_ERROR, "the upload cannot be recorded in the kernel's state directory", problem);
        }
    }

    private static void requireOwner(SyscallContext context, Upload upload, Pid pid) {
        if (upload.owner != null && !upload.owner.equals(pid)) {
            throw context.failure(ErrorCode.PERMISSION_DENIED, "the upload belongs to another process");
        }
    }

    private static void requireSamePlace(SyscallContext context, Upload upload, WritableFile file) {
        if (!file.stagedAt().equals(Optional.of(upload.record.stagedAt()))) {
            // Nothing of it has arrived here, and nothing shall be left here.
            file.close();
            throw context.failure(
                    ErrorCode.CONFLICT,
                    "the upload is for another file; go on at the path it was begun at, or choose another id");
        }
    }

    private static void requireOffset(SyscallContext context, long offset, long size) {
        if (offset > size) {
            throw context.failure(
                    ErrorCode.CONFLICT, "the kernel has " + size + " bytes of the upload; go on at offset " + size);
        }
    }

    /** How far an upload has got. */
    public UploadStatus status(SyscallContext context, Pid pid, String id) {
        synchronized (lock) {
            Upload upload = uploads.get(id);
            if (upload == null || (upload.owner != null && !upload.owner.equals(pid))) {
                throw context.failure(
                        ErrorCode.NOT_FOUND, "no upload with this id; it was committed, has expired or never began");
            }
            try {
                FileTime changed = Files.getLastModifiedTime(upload.record.stagedAt(), LinkOption.NOFOLLOW_LINKS);
                return new UploadStatus(
                        upload.record.path(),
                        Files.size(upload.record.stagedAt()),
                        changed.toInstant().plus(LIFETIME));
            } catch (IOException problem) {
                throw context.failure(ErrorCode.NOT_FOUND, "what had arrived of the upload is gone", problem);
            }
        }
    }

    /** Drops the uploads that nobody has gone on with for too long. */
    public void sweep() {
        Instant limit = clock.instant().minus(LIFETIME);
        synchronized (lock) {
            uploads.values().removeIf(upload -> {
                boolean expired = upload.writer == null && lastChanged(upload).isBefore(limit);
                if (expired) {
                    delete(upload);
                    upload.place.close();
                }
                return expired;
            });
        }
    }

    private static Instant lastChanged(Upload upload) {
        try {
            return Files.getLastModifiedTime(upload.record.stagedAt(), LinkOption.NOFOLLOW_LINKS)
                    .toInstant();
        } catch (IOException gone) {
            return Instant.MIN; // Nothing is left to go on with.
        }
    }

    /** Keeps what uploads have so far: from now on, a process that ends does so because its kernel does. */
    public void keep() {
        synchronized (lock) {
            closing = true;
        }
    }

    private void ownerEnded(Upload upload) {
        synchronized (lock) {
            if (upload.writer != null) {
                upload.writer.close();
            }
            if (!closing) {
                uploads.remove(upload.record.id());
                delete(upload);
            }
        }
    }

    private void committed(Upload upload) {
        synchronized (lock) {
            uploads.remove(upload.record.id());
            deleteRecord(upload.record.id());
        }
        upload.place.close();
    }

    private void delete(Upload upload) {
        try {
            Files.deleteIfExists(upload.record.stagedAt());
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "What had arrived of an abandoned upload could not be removed", problem);
        }
        deleteRecord(upload.record.id());
    }

    private void deleteRecord(String id) {
        if (directory != null) {
            try {
                Files.deleteIfExists(UploadRecord.file(directory, id));
            } catch (IOException problem) {
                LOG.log(Level.WARNING, "The record of an upload could not be removed", problem);
            }
        }
    }
}
