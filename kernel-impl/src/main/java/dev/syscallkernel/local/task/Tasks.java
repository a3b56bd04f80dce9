package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.stream.StreamSyscall;
import dev.syscallkernel.task.AsyncTaskManager;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskPage;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a kernel: those that live, and those whose end is remembered. Thread-safe.
 *
 * <p>A task takes its place among the waiting calls of its process when it is submitted, and gives it back when it ends;
 * so the end of the process, which releases all that it holds, is the end of its tasks. A task is on a thread only while
 * it has something to do: one that waits, such as a sleep, is RUNNING without one, and only the number of live tasks
 * limits how many there are.
 */
public final class Tasks implements AsyncTaskManager {
    private static final System.Logger LOG = System.getLogger(Tasks.class.getName());

    /** How long tasks may take to stop when the kernel closes, before it warns of them. */
    private static final Duration STOPPING = Duration.ofSeconds(1);

    /** The longest path of a syscall, in characters; none that is longer can name a file anyway. */
    private static final int MAX_PATH = 64 << 10;

    /** How much of a path that is too long is told. */
    private static final int SHOWN = 100;

    private final ProcessTable processes;
    private final SyscallDispatcher dispatcher;
    private final Timers timers;
    private final Executor answers;
    private final Callbacks callbacks;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final Scheduler scheduler;
    private final TaskIds ids;
    private final TaskBounds bounds;
    private final AtomicLong lastOrder = new AtomicLong();
    private final ConcurrentHashMap<TaskId, Task<?>> live = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Request, Task<?>> requests = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<LogicalProcess, ProcessQueue> queues = new ConcurrentHashMap<>();
    private final EndedTasks ended;
    private volatile boolean closing;

    /** What makes submitting safe to repeat. */
    private record Request(Pid pid, String id) {}

    /**
     * @param workers runs the tasks, as many at a time as the settings say
     * @param answers ends tasks that have waited; never kept busy by their work
     * @param callbacks runs what belongs to others, and may block
     * @param random makes the ids of the tasks
     */
    public Tasks(
            TaskSettings settings,
            ProcessTable processes,
            SyscallDispatcher dispatcher,
            Timers timers,
            Executor workers,
            Executor answers,
            Executor callbacks,
            Clock clock,
            LongSupplier nanoTime,
            Random random) {
        this.processes = processes;
        this.dispatcher = dispatcher;
        this.timers = timers;
        this.answers = answers;
        this.callbacks = new Callbacks(callbacks);
        this.clock = clock;
        this.nanoTime = nanoTime;
        // One thread is left to others, however much a process wants.
        FairQueue queue = new FairQueue(settings.agingStep().toNanos(), Math.max(1, settings.threads() - 1));
        this.scheduler = new Scheduler(workers, settings.threads(), nanoTime, queue);
        this.ids = new TaskIds(random);
        this.bounds = new TaskBounds(settings.maxTasks(), settings.maxBytes());
        this.ended = new EndedTasks(settings, timers, answers, nanoTime, this::forget);
    }

    @Override
    public <R extends @Nullable Object> TaskHandle<R> submit(Pid pid, Syscall<R> call, TaskOptions options) {
        if (call instanceof StreamSyscall) {
            throw new SyscallException(
                    ErrorCode.INVALID_ARGUMENT,
                    call.name(),
                    call.subject(),
                    "a stream belongs to whoever opens it, and is not opened by a task; execute the call");
        }
        requireShort(call, call.subject());
        if (call instanceof MoveFile move) {
            requireShort(call, move.destination());
        } else if (call instanceof CopyFile copy) {
            requireShort(call, copy.destination());
        }
        LogicalProcess process = processes.find(pid, call.name());
        return submit(process, new SyscallWork<>(dispatcher, process, call), options);
    }

    /** What is too long would be kept as long as the task is remembered. */
    private static void requireShort(Syscall<?> call, String path) {
        if (path.length() > MAX_PATH) {
            throw new SyscallException(
                    ErrorCode.NAME_TOO_LONG,
                    call.name(),
                    path.substring(0, SHOWN) + "…",
                    "it has " + path.length() + " characters; " + MAX_PATH + " at most");
        }
    }

    /** Submits any work of a process. */
    public <R extends @Nullable Object> TaskHandle<R> submit(
            LogicalProcess process, Work<R> work, TaskOptions options) {
        Request request = options.requestId() == null ? null : new Request(process.pid(), options.requestId());
        Task<?> known = request == null ? null : remembered(request);
        if (known != null) {
            return same(known, work, options);
        }
        requireOpen(work);
        Task<R> task = prepare(process, work, options);
        while (request != null && requests.putIfAbsent(request, task) != null) {
            known = remembered(request);
            if (known != null) {
                task.closePlace();
                bounds.release(task.queue(), work.size());
                return same(known, work, options);
            }
        }
        admit(task);
        return task;
    }

    /** The task of a request id, if it is not one that nobody can find any more. */
    private @Nullable Task<?> remembered(Request request) {
        Task<?> known = requests.get(request);
        if (known != null && known.phase().hasEnded() && ended.find(known.id()) == null) {
            requests.remove(request, known);
            return null;
        }
        return known;
    }

    private void requireOpen(Work<?> work) {
        if (closing) {
            throw new SyscallException(ErrorCode.UNAVAILABLE, work.name(), work.subject(), "the kernel is closing");
        }
    }

    /** A task that holds all that it needs, and that nobody knows yet. */
    private <R extends @Nullable Object> Task<R> prepare(LogicalProcess process, Work<R> work, TaskOptions options) {
        ProcessQueue queue = queue(process);
        bounds.take(queue, work);
        try {
            ResourceLimits limits = process.limits(process.sandbox());
            Place place = process.resources().take(Resources.Kind.WAITING_CALL, limits, work.name(), work::subject);
            return new Task<>(
                    this, queue, lastOrder.incrementAndGet(), ids.next(), work, options, place, clock.millis());
        } catch (RuntimeException | Error failure) {
            bounds.release(queue, work.size());
            throw failure;
        }
    }

    private ProcessQueue queue(LogicalProcess process) {
        ProcessQueue known = queues.get(process);
        if (known != null) {
            return known;
        }
        ProcessQueue created = new ProcessQueue(process);
        known = queues.putIfAbsent(process, created);
        if (known != null) {
            return known;
        }
        process.cancellation()
                .onCancel(
                        () -> { // at once, if it has ended just now
                            queues.remove(process);
                            created.orphan();
                        });
        return created;
    }

    private void admit(Task<?> task) {
        live.put(task.id(), task);
        task.endWithProcess();
        task.limitTime();
        try {
            scheduler.add(task);
        } catch (RuntimeException | Error failure) {
            task.stop(ErrorCode.RESOURCE_EXHAUSTED, "no thread could be started for it; try again later");
        }
        if (closing) {
            stop(task);
        }
        if (task.phase().isOver()) { // perhaps it was cancelled, under its request id, before it was known here
            scheduler.remove(task);
            if (task.phase().hasEnded()) {
                live.remove(task.id());
            }
        }
    }

    /** The task that the request id stands for already. */
    @SuppressWarnings("unchecked") // Equal requests have results of the same type.
    private static <R extends @Nullable Object> Task<R> same(Task<?> known, Work<R> work, TaskOptions options) {
        if (!work.request().equals(known.request())) {
            throw new SyscallException(
                    ErrorCode.CONFLICT,
                    work.name(),
                    work.subject(),
                    "the request id '" + options.requestId() + "' stands for another request, of the task "
                            + known.id());
        }
        return (Task<R>) known;
    }

    @Override
    public TaskHandle<?> find(TaskId id) {
        Task<?> task = live.get(id);
        if (task == null) {
            task = ended.find(id);
        }
        if (task == null) {
            throw new SyscallException(
                    ErrorCode.NOT_FOUND,
                    "find_task",
                    id.toString(),
                    "there is no such task, or it ended longer ago than is remembered");
        }
        return task;
    }

    @Override
    public TaskPage list(TaskQuery query) {
        TaskListing listing = new TaskListing(query);
        listing.look(live.values());
        listing.look(ended.all());
        return listing.page();
    }

    /** A task is about to end: remembers it, and gives back what was counted for it. */
    void ended(Task<?> task, long size) {
        bounds.release(task.queue(), size);
        ended.add(task);
    }

    /** A task can be seen to have ended. */
    void published(Task<?> task) {
        live.remove(task.id());
        if (closing) {
            synchronized (live) {
                live.notifyAll();
            }
        }
    }

    /** A task will not have its turn. */
    void unqueue(Task<?> task) {
        scheduler.remove(task);
    }

    private void forget(Task<?> task) {
        String id = task.options().requestId();
        if (id != null) {
            requests.remove(new Request(task.pid(), id), task);
        }
    }

    Timers timers() {
        return timers;
    }

    /** Where tasks that have waited are ended. */
    Executor answers() {
        return answers;
    }

    /** Where others are called. */
    Executor callbacks() {
        return callbacks;
    }

    /** Milliseconds since the epoch. */
    long now() {
        return clock.millis();
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    /**
     * Admits no further tasks, lets those that live end within the grace, and then cancels them, without waiting until
     * they have stopped.
     */
    public void cancelAll(Duration grace) {
        closing = true;
        awaitNone(grace);
        // First what has not begun, so that none takes the place of one that was stopped.
        live.values().stream()
                .filter(task -> task.phase().state() == TaskState.PENDING)
                .forEach(Tasks::stop);
        live.values().forEach(Tasks::stop);
    }

    private static void stop(Task<?> task) {
        task.stop(ErrorCode.CANCELLED, "the kernel is closing");
    }

    /** Waits a little until no task lives any more. */
    private void awaitNone(Duration patience) {
        long deadline = System.nanoTime() + Timers.nanos(patience);
        try {
            synchronized (live) {
                long left = deadline - System.nanoTime();
                while (!live.isEmpty() && left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(live, left);
                    left = deadline - System.nanoTime();
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Warns of tasks that were told to stop and have not. */
    public void reportStragglers() {
        awaitNone(STOPPING);
        live.values().forEach(task -> LOG.log(Level.WARNING, "Still at work after the kernel was closed: {0}", task));
    }
}
