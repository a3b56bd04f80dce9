package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One task, which is its own handle. All that changes visibly is in its {@link Phase}, which changes by compare-and-set:
 * whoever brings it to an end is the only one who does, and gives back what it held. Thread-safe.
 */
final class Task<R extends @Nullable Object> extends QueuedTask implements TaskHandle<R>, ProgressReporter {
    private static final System.Logger LOG = System.getLogger(Task.class.getName());
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
    private final String name;
    private volatile @Nullable Work<R> work; // forgotten at the end, but for the sake of a request id
    private @Nullable String subject; // written before work is forgotten
    private final TaskOptions options;
    private final Place place;
    private final long submittedAt;
    private volatile Phase phase = Phase.FIRST;
    private volatile boolean released; // after its end, once it holds nothing any more
    private volatile @Nullable CompletableFuture<@Nullable Void> end; // made when somebody waits
    private volatile @Nullable Audience audience; // made when somebody watches
    private @Nullable CancellationToken cancellation; // written before the task is RUNNING, read after
    private volatile @Nullable Future<?> timer;
    private long lastsNanos; // written before beganNanos
    private volatile long beganNanos;

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
        this.name = work.name();
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
        return queue().process().pid();
    }

    private String subject() {
        Work<R> known = work;
        return known == null ? requireNonNullElse(subject, "") : known.subject();
    }

    /** What was asked for; null if that is forgotten. */
    @Nullable
    Object request() {
        Work<R> known = work;
        return known == null ? null : known.request();
    }

    /** How many bytes it keeps in memory once it has ended. */
    long retainedBytes() {
        Work<R> known = work;
        return (known == null ? 0 : known.size()) + Footprint.ofResult(phase.outcome());
    }

    private SyscallException failure(ErrorCode code, String reason, @Nullable Throwable cause) {
        return new SyscallException(code, name, subject(), reason, cause);
    }

    private SyscallException fault(Throwable problem) {
        LOG.log(Level.ERROR, "A fault in the task " + id + ", " + name, problem);
        return failure(ErrorCode.INTERNAL, "a fault of the kernel; its log has the details", problem);
    }

    TaskOptions options() {
        return options;
    }

    Phase phase() {
        return phase;
    }

    /** Its place among those of its process, which it gives back when it ends. */
    Place place() {
        return place;
    }

    /** Fails the task when its time is up. */
    void limitTime() {
        Duration timeout = options.timeout();
        if (timeout != null) {
            timer = kernel.timers().after(timeout, () -> stop(ErrorCode.TIMED_OUT, "not done within " + timeout));
            cancelTimerIfEnded();
        }
    }

    private void cancelTimerIfEnded() {
        Future<?> current = timer;
        if (current != null && phase.hasEnded()) {
            current.cancel(false);
        }
    }

    @Override
    void run() {
        CancellationToken token = new CancellationToken(queue().process().cancellation());
        cancellation = token;
        if (!begin()) {
            return;
        }
        CompletableFuture<R> answer;
        try {
            answer = requireNonNull(work).start(new CallControl(token, null, this, kernel.answers(), true));
        } catch (SyscallException failure) {
            answer = CompletableFuture.failedFuture(failure);
        } catch (RuntimeException | Error fault) {
            answer = CompletableFuture.failedFuture(fault(fault));
        }
        var unused = answer.whenComplete(this::finish);
    }

    private boolean begin() {
        Phase now = phase;
        while (now.state() == TaskState.PENDING) {
            if (change(now, now.begun(kernel.now()))) {
                return true;
            }
            now = phase;
        }
        return false;
    }

    /** The work is over. */
    private void finish(R result, @Nullable Throwable problem) {
        SyscallException failure = problem == null ? null : failure(problem);
        TaskState state = failure == null
                ? TaskState.COMPLETED
                : failure.code() == ErrorCode.CANCELLED ? TaskState.CANCELLED : TaskState.FAILED;
        Phase now = phase;
        while (!now.hasEnded()) {
            boolean cancelled = now.cancelRequested() || state == TaskState.CANCELLED;
            if (change(now, now.ended(state, cancelled, kernel.now(), result, failure))) {
                return;
            }
            now = phase;
        }
    }

    private SyscallException failure(Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (!(cause instanceof SyscallException failure)) {
            return fault(cause);
        }
        boolean orphaned = queue().process().cancellation().reason() != null;
        return failure.code() == ErrorCode.NO_SUCH_PROCESS && orphaned
                ? failure(ErrorCode.CANCELLED, "the process has ended", failure)
                : failure;
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
            if (now.hasEnded()) {
                return false;
            }
            if (now.state() == TaskState.PENDING) {
                SyscallException failure = failure(code, reason, null);
                boolean cancelled = code == ErrorCode.CANCELLED;
                TaskState state = cancelled ? TaskState.CANCELLED : TaskState.FAILED;
                if (change(now, now.ended(state, cancelled, kernel.now(), null, failure))) {
                    kernel.unqueue(this);
                    return true;
                }
            } else if (now.cancelRequested() || code != ErrorCode.CANCELLED || change(now, now.withCancelRequested())) {
                requireNonNull(cancellation).cancel(code, reason);
                return true;
            }
        }
    }

    /** Every change goes this way. Returns whether it was still as expected. */
    private boolean change(Phase expected, Phase next) {
        if (!PHASE.compareAndSet(this, expected, next)) {
            return false;
        }
        if (next.hasEnded()) {
            release();
        }
        Audience watching = audience;
        if (watching != null) {
            watching.hear(next);
        }
        return true;
    }

    /** It has ended: gives back what it held, and then tells those who wait. */
    private void release() {
        long size = requireNonNull(work).size();
        subject = subject();
        if (options.requestId() == null) {
            work = null;
        }
        place.close();
        kernel.ended(this, size);
        cancelTimerIfEnded();
        released = true;
        CompletableFuture<@Nullable Void> waiting = end;
        if (waiting != null) {
            waiting.complete(null);
        }
    }

    @Override
    public void moved(long bytesDone, long bytesTotal) {
        Phase now = phase;
        while (now.state() == TaskState.RUNNING && !change(now, now.withProgress(bytesDone, bytesTotal))) {
            now = phase;
        }
    }

    @Override
    public void lasts(Duration duration) {
        lastsNanos = Math.max(1, Timers.nanos(duration));
        beganNanos = kernel.nanoTime();
        Audience watching = audience;
        if (watching != null) {
            watching.pulse();
        }
    }

    /** How long the whole work takes; 0 if that is not known. */
    long lastsNanos() {
        return beganNanos == 0 ? 0 : lastsNanos;
    }

    /** Tells of progress that nothing but the time has made. Returns whether there will be more. */
    boolean reportTime() {
        Phase now = phase;
        return now.state() == TaskState.RUNNING
                && (change(now, now.withProgress(now.bytesDone(), now.bytesTotal())) || !phase.hasEnded());
    }

    @Override
    public TaskStatus status() {
        return status(phase);
    }

    TaskStatus status(Phase at) {
        long lasts = lastsNanos();
        double elapsed = lasts == 0 ? 0 : (double) (kernel.nanoTime() - beganNanos) / lasts;
        return at.status(id, pid(), name, subject(), options.priority(), submittedAt, elapsed);
    }

    @Override
    public R await(Duration timeout) {
        if (!released) {
            try {
                end().get(Math.max(0, Timers.nanos(timeout)), TimeUnit.NANOSECONDS);
            } catch (TimeoutException late) {
                if (!phase.hasEnded()) {
                    throw failure(
                            ErrorCode.TIMED_OUT, "the task has not ended within " + timeout + "; it goes on", late);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw failure(ErrorCode.CANCELLED, "the waiting thread was interrupted; the task goes on", interrupted);
            } catch (ExecutionException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
        return outcome();
    }

    /** The result of a task that has ended. */
    @SuppressWarnings({"unchecked", "NullAway"}) // The result is what the work answered, which may be null.
    private R outcome() {
        Phase last = phase;
        if (last.failure() != null) {
            throw last.failure();
        }
        return (R) last.outcome();
    }

    @Override
    public CompletableFuture<R> completion() {
        CompletableFuture<R> completion = new CompletableFuture<>();
        var unused = end().whenCompleteAsync(
                        (nothing, impossible) -> {
                            SyscallException failure = phase.failure();
                            if (failure == null) {
                                completion.complete(outcome());
                            } else {
                                completion.completeExceptionally(failure);
                            }
                        },
                        kernel.callbacks());
        return completion;
    }

    /**
     * Completed without a result when the task has ended and holds nothing any more, so that whoever has waited for it
     * finds its place free. Whoever ends the task completes it: nobody else's code.
     */
    private CompletableFuture<@Nullable Void> end() {
        CompletableFuture<@Nullable Void> waiting = end;
        if (waiting == null) {
            synchronized (this) {
                waiting = end;
                if (waiting == null) {
                    waiting = new CompletableFuture<>();
                    end = waiting;
                }
            }
        }
        if (released) {
            waiting.complete(null); // it may have ended before it could see that somebody waits
        }
        return waiting;
    }

    @Override
    public Flow.Publisher<TaskStatus> watch(long afterRevision) {
        return subscriber -> new TaskWatch(this, audience(), subscriber, afterRevision, kernel.callbacks()).start();
    }

    private Audience audience() {
        synchronized (this) {
            Audience watching = audience;
            if (watching == null) {
                watching = new Audience(this, kernel.timers(), kernel::nanoTime);
                audience = watching;
            }
            return watching;
        }
    }

    @Override
    public String toString() {
        return "task " + id + " (" + name + ", " + phase.state() + ")";
    }
}
