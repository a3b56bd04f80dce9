package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.MemoryUse;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One task, which is its own handle. All that changes visibly is in its {@link Phase}, which changes by compare-and-set:
 * whoever brings it to an end is the only one who does, gives back what it held, and only then lets the end be seen.
 * Thread-safe.
 */
final class Task<R extends @Nullable Object> extends QueuedTask implements TaskHandle<R>, ProgressReporter, Answer<R> {
    /** How much of what a task acts on is told in its status, in characters. */
    private static final int MAX_SUBJECT = 1000;

    /** The bytes of a task that has ended, its phases and its place in the tables. */
    private static final long ENDED = 512;

    private static final VarHandle PHASE;

    static {
        try {
            PHASE = MethodHandles.lookup().findVarHandle(Task.class, "phase", Phase.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Tasks kernel;
    private final TaskId id;
    private final TaskOptions options;
    private final long submittedAt;
    private volatile Work<R> work; // only what has to be remembered of it, once the task has ended
    private volatile Phase phase = Phase.FIRST;
    private volatile @Nullable Place place; // null once it has ended, like the next ones
    private volatile @Nullable CancellationToken cancellation; // written before the task is RUNNING
    private volatile @Nullable Future<?> timer;
    private volatile @Nullable Followers<R> followers; // made when the first one comes
    private volatile long lastsNanos;
    private int retainedBytes; // written before it is seen to have ended

    Task(
            Tasks kernel,
            ProcessQueue queue,
            long order,
            TaskId id,
            Work<R> work,
            TaskOptions options,
            Place place,
            long submittedAt) {
        super(queue, order);
        this.kernel = kernel;
        this.id = id;
        this.work = work;
        this.options = options;
        this.place = place;
        this.submittedAt = submittedAt;
    }

    @Override
    public TaskId id() {
        return id;
    }

    @Override
    Priority priority() {
        return options.priority();
    }

    Pid pid() {
        return queue().pid();
    }

    /** What was asked for; equal to no request if that is forgotten. */
    Object request() {
        return work.request();
    }

    /** How many bytes it keeps in memory once it has ended. */
    int retainedBytes() {
        return retainedBytes;
    }

    /** An error of this task. */
    SyscallException failure(ErrorCode code, String reason, @Nullable Throwable cause) {
        Work<R> known = work;
        return new SyscallException(code, known.name(), known.subject(), reason, cause);
    }

    TaskOptions options() {
        return options;
    }

    Phase phase() {
        return phase;
    }

    /** Gives back its place among the waiting calls of its process. */
    void closePlace() {
        Place held = place;
        place = null;
        if (held != null) {
            held.close();
        }
    }

    /** Ends the task when its process ends. */
    void endWithProcess() {
        Place held = place;
        if (held != null) {
            held.releaseBy(() -> stop(ErrorCode.CANCELLED, "the process has ended"));
        }
    }

    /** Fails the task when its time is up. */
    void limitTime() {
        Duration timeout = options.timeout();
        if (timeout != null) {
            timer = kernel.timers().after(timeout, () -> stop(ErrorCode.TIMED_OUT, "not done within " + timeout));
            if (phase.isOver()) {
                cancelTimer();
            }
        }
    }

    private void cancelTimer() {
        Future<?> current = timer;
        timer = null;
        if (current != null) {
            current.cancel(false);
        }
    }

    @Override
    void run() {
        CancellationToken token = new CancellationToken(queue().cancellation());
        cancellation = token;
        if (token.reason() != null) {
            stop(
                    ErrorCode.CANCELLED,
                    "the process has ended"); // which will be told to its tasks, but this one is first
        }
        if (!begin()) {
            cancellation = null;
            return;
        }
        try {
            work.start(new CallControl(token, null, this, kernel.answers(), true), this);
        } catch (Throwable problem) {
            complete(null, problem);
        }
    }

    private boolean begin() {
        Phase now = phase;
        while (now.state() == TaskState.PENDING && !now.isOver()) {
            if (change(now, now.begun(kernel.now()))) {
                return true;
            }
            now = phase;
        }
        return false;
    }

    /** The work is over. Does not throw, since nobody would hear of it, and the task would never end. */
    @Override
    public void complete(@Nullable R result, @Nullable Throwable problem) {
        try {
            conclude(result, problem == null ? null : Faults.failure(this, problem));
        } catch (Throwable fault) {
            conclude(null, Faults.fault(this, fault));
        }
    }

    private void conclude(@Nullable Object result, @Nullable SyscallException failure) {
        Phase now = phase;
        while (!now.isOver() && !end(now, now.ended(kernel.now(), result, failure))) {
            now = phase;
        }
    }

    @Override
    public boolean cancel() {
        return stop(ErrorCode.CANCELLED, "the task was cancelled");
    }

    /**
     * Ends the task if it has not begun, and tells it to stop if it has.
     *
     * @return whether it had not ended
     */
    boolean stop(ErrorCode code, String reason) {
        while (true) {
            Phase now = phase;
            if (now.isOver()) {
                return !now.hasEnded(); // one that just ends is no longer touched
            }
            if (now.state() == TaskState.PENDING) {
                if (end(now, now.ended(kernel.now(), null, failure(code, reason, null)))) {
                    kernel.unqueue(this);
                    return true;
                }
            } else if (now.cancelRequested() || code != ErrorCode.CANCELLED || change(now, now.withCancelRequested())) {
                CancellationToken token = cancellation;
                if (token != null) { // else it has just ended
                    token.cancel(code, reason);
                }
                return true;
            }
        }
    }

    /** Every change but the end goes this way. Returns whether it was still as expected. */
    private boolean change(Phase expected, Phase next) {
        if (!PHASE.compareAndSet(this, expected, next)) {
            return false;
        }
        Followers<R> following = followers;
        if (following != null) {
            following.hear(next);
        }
        return true;
    }

    /** Brings the task to its end, if it is still as expected. */
    private boolean end(Phase expected, Phase last) {
        if (!PHASE.compareAndSet(this, expected, expected.over())) {
            return false;
        }
        Work<R> done = work;
        long size = done.size();
        try {
            work = options.requestId() == null ? Remains.withoutRequest(done) : Remains.withRequest(done);
            retainedBytes = (int) Math.min(Integer.MAX_VALUE, ENDED + work.size() + MemoryUse.of(last.outcome()));
            cancelTimer();
            cancellation = null;
            closePlace();
        } finally {
            try {
                kernel.ended(this, size);
            } finally {
                publish(last);
            }
        }
        return true;
    }

    /** It holds nothing any more, and its end is remembered: now everybody may know. */
    private void publish(Phase last) {
        phase = last;
        kernel.published(this);
        Followers<R> following = followers;
        if (following != null) {
            followers = null;
            following.ended();
            following.hear(last);
        }
    }

    @Override
    public void moved(long bytesDone, long bytesTotal) {
        Phase now = phase;
        while (now.state() == TaskState.RUNNING
                && !now.isOver()
                && !change(now, now.withProgress(bytesDone, bytesTotal))) {
            now = phase;
        }
    }

    @Override
    public void lasts(Duration duration) {
        lastsNanos = Math.max(1, Timers.nanos(duration));
        Followers<R> following = followers;
        if (following != null) {
            following.pulse();
        }
    }

    /** How long the whole work takes, from when it began; 0 if that is not known. */
    long lastsNanos() {
        return lastsNanos;
    }

    /** Tells of progress that nothing but the time has made. Returns whether there will be more. */
    boolean reportTime() {
        Phase now = phase;
        return now.state() == TaskState.RUNNING
                && !now.isOver()
                && (change(now, now.withProgress(now.bytesDone(), now.bytesTotal())) || !phase.hasEnded());
    }

    @Override
    public TaskStatus status() {
        return status(phase);
    }

    TaskStatus status(Phase at) {
        long lasts = lastsNanos;
        double elapsed = lasts == 0 ? 0 : (double) (kernel.nanoTime() - beganNanos()) / lasts;
        Work<R> known = work;
        String subject = known.subject();
        return at.status(
                id,
                pid(),
                known.name(),
                subject.length() <= MAX_SUBJECT ? subject : subject.substring(0, MAX_SUBJECT - 1) + "…",
                options.priority(),
                submittedAt,
                elapsed);
    }

    @Override
    public R await(Duration timeout) {
        if (!phase.hasEnded()) {
            followers().await(timeout);
        }
        return outcome();
    }

    /** The result of a task that has ended. */
    @SuppressWarnings({"unchecked", "NullAway"}) // The result is what the work answered, which may be null.
    R outcome() {
        Phase last = phase;
        if (last.failure() != null) {
            throw last.failure();
        }
        return (R) last.outcome();
    }

    @Override
    public CompletableFuture<R> completion() {
        Followers<R> following = followers();
        CompletableFuture<R> completion = following.completion();
        if (phase.hasEnded()) {
            following.ended(); // it may have done so before it could see that somebody waits
        }
        return completion;
    }

    @Override
    public Flow.Publisher<TaskStatus> watch(long afterRevision) {
        return subscriber -> new TaskWatch(
                        this, followers().audience(), subscriber, Math.max(0, afterRevision), kernel.callbacks())
                .start();
    }

    /** Those who follow the task; if it has ended, nobody but the caller will know of them. */
    Followers<R> followers() {
        Followers<R> following = followers;
        if (following == null) {
            synchronized (this) {
                following = followers;
                if (following == null) {
                    following = new Followers<>(this, kernel);
                    followers = following;
                }
            }
        }
        if (phase.hasEnded()) {
            followers = null;
            following.ended(); // it may have done so before it could see that somebody follows
        }
        return following;
    }

    @Override
    public String toString() {
        return "task " + id + " (" + work.name() + ", " + phase.state() + ")";
    }
}
