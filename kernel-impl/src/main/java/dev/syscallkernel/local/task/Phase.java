package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * All of a task that changes, so that one compare-and-set changes it.
 *
 * @param bytesTotal negative if it is not known
 * @param startedAt milliseconds since the epoch; 0 if it has not begun
 * @param endedAt milliseconds since the epoch; 0 if it has not ended
 * @param outcome the result of a task that has completed; the {@link SyscallException} of one that has not
 * @param isOver whether somebody is bringing the task to its end, or has: nothing else changes it any more. It is seen to
 *     have ended only when it has given back all that it held
 * @param isReport whether nothing but the progress changed
 * @param lastChange the phase before it that was no report; null if that is the first one, which needs no remembering
 */
record Phase(
        TaskState state,
        boolean cancelRequested,
        int revision,
        long bytesDone,
        long bytesTotal,
        long startedAt,
        long endedAt,
        @Nullable Object outcome,
        boolean isOver,
        boolean isReport,
        @Nullable Phase lastChange) {

    /** Less than 1, which is the progress of what has completed; also after rounding to a float. */
    private static final double ALMOST = 0.999;

    /** Every task begins with this one. */
    static final Phase FIRST = new Phase(TaskState.PENDING, false, 1, 0, -1, 0, 0, null, false, false, null);

    /** Why a task has failed or was cancelled; null otherwise. */
    @Nullable
    SyscallException failure() {
        return state != TaskState.COMPLETED && outcome instanceof SyscallException failure ? failure : null;
    }

    boolean hasEnded() {
        return state.isEnded();
    }

    Phase begun(long now) {
        return new Phase(TaskState.RUNNING, cancelRequested, revision + 1, 0, -1, now, 0, null, false, false, change());
    }

    Phase withCancelRequested() {
        return new Phase(state, true, revision + 1, bytesDone, bytesTotal, startedAt, 0, null, false, false, change());
    }

    Phase withProgress(long done, long total) {
        return new Phase(state, cancelRequested, revision + 1, done, total, startedAt, 0, null, false, true, change());
    }

    /** With the result, or with the failure; one that says so is a cancellation. */
    Phase ended(long now, @Nullable Object result, @Nullable SyscallException why) {
        TaskState end = why == null
                ? TaskState.COMPLETED
                : why.code() == ErrorCode.CANCELLED ? TaskState.CANCELLED : TaskState.FAILED;
        return new Phase(
                end,
                cancelRequested || end == TaskState.CANCELLED,
                revision + 1,
                bytesDone,
                bytesTotal,
                startedAt,
                now,
                why == null ? result : why,
                true,
                false,
                change());
    }

    /** The same, for everybody but whoever ends the task, who has to publish its last phase then. */
    Phase over() {
        return new Phase(
                state,
                cancelRequested,
                revision,
                bytesDone,
                bytesTotal,
                startedAt,
                0,
                null,
                true,
                isReport,
                lastChange);
    }

    /** The first change, this phase or one before it, that somebody has not seen; this one if it is but a report. */
    Phase firstAfter(long seen) {
        Phase first = this;
        for (Phase change = lastChange; change != null && change.revision > seen; change = change.lastChange) {
            first = change;
        }
        return first;
    }

    /**
     * What others see of the task.
     *
     * @param elapsed the part of its time that is over, where that is known; else 0
     */
    TaskStatus status(
            TaskId id, Pid pid, String syscall, String subject, Priority priority, long submittedAt, double elapsed) {
        return new TaskStatus(
                id,
                pid,
                syscall,
                subject,
                priority,
                state,
                revision,
                bytesDone,
                bytesTotal < 0 ? OptionalLong.empty() : OptionalLong.of(Math.max(bytesTotal, bytesDone)),
                progress(elapsed),
                cancelRequested,
                Instant.ofEpochMilli(submittedAt),
                startedAt == 0 ? null : Instant.ofEpochMilli(startedAt),
                endedAt == 0 ? null : Instant.ofEpochMilli(endedAt),
                failure());
    }

    private double progress(double elapsed) {
        if (state == TaskState.COMPLETED) {
            return 1;
        }
        double fraction = bytesTotal > 0 ? (double) bytesDone / bytesTotal : 0;
        return Math.min(state == TaskState.RUNNING ? Math.max(fraction, elapsed) : fraction, ALMOST);
    }

    private @Nullable Phase change() {
        if (isReport) {
            return lastChange;
        }
        return revision == FIRST.revision ? null : this;
    }
}
