package dev.syscallkernel.local.stream;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.fs.WaitingFile;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One upload that can be taken up again. All but its id is guarded by its lock. */
final class Upload {
    final String id;
    final ReentrantLock lock = new ReentrantLock();
    private @Nullable UploadRecord record; // null until it has begun
    private @Nullable WaitingFile waiting; // as long as there is a record

    @Nullable
    Pid owner; // null after a restart, until somebody goes on with it

    Place place = Place.NONE; // among what the owner holds

    @Nullable
    FileWriter writer; // the latest one, which may be over

    boolean over; // committed, dropped, or never begun

    Upload(String id) {
        this.id = id;
    }

    /** One that a former kernel has left. */
    static Upload restored(UploadRecord record) {
        Upload upload = new Upload(record.id());
        upload.waitAs(record, record.waiting());
        return upload;
    }

    boolean hasBegun() {
        return record != null;
    }

    UploadRecord record() {
        return requireNonNull(record);
    }

    WaitingFile waiting() {
        return requireNonNull(waiting);
    }

    /** @param file belongs to the upload from now on */
    void waitAs(UploadRecord changed, WaitingFile file) {
        record = changed;
        closeWaiting();
        waiting = file;
    }

    boolean isBeingWritten() {
        return writer != null && !writer.isOver();
    }

    boolean belongsToOther(Pid pid) {
        return owner != null && !owner.equals(pid);
    }

    /** Nothing more can be done with it. */
    void end() {
        over = true;
        closeWaiting();
        place.close();
    }

    private void closeWaiting() {
        if (waiting != null) {
            waiting.close();
            waiting = null;
        }
    }
}
