package dev.syscallkernel.local.task;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.task.TaskId;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the tasks that have ended, for a time, and no more of them than there is room for. Thread-safe.
 *
 * <p>Where there is no more room, those are forgotten that ended first. The cache's own bound on the weight would rather
 * keep what is often asked for, and forget what nobody has asked for yet: of tasks, the newest results.
 */
final class EndedTasks {
    /** So many are forgotten at a time at most, since finding the oldest ones has its price. */
    private static final int AT_A_TIME = 256;

    private final Cache<TaskId, Task<?>> tasks;
    private final long maxBytes;
    private final Consumer<Task<?>> onForgotten;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicBoolean shrinking = new AtomicBoolean();

    /** @param onForgotten hears of each task that is forgotten; must not take long */
    EndedTasks(
            TaskSettings settings,
            Timers timers,
            Executor executor,
            LongSupplier nanoTime,
            Consumer<Task<?>> onForgotten) {
        this.maxBytes = settings.retainedBytes();
        this.onForgotten = onForgotten;
        this.tasks = Caffeine.newBuilder()
                .expireAfterWrite(settings.retention())
                .ticker(nanoTime::getAsLong)
                .executor(executor)
                .scheduler((runner, command, delay, unit) ->
                        timers.after(Duration.of(delay, unit.toChronoUnit()), command))
                .evictionListener((@Nullable TaskId id, @Nullable Task<?> task, RemovalCause cause) -> {
                    if (task != null) {
                        forgotten(task);
                    }
                })
                .build();
    }

    void add(Task<?> task) {
        bytes.addAndGet(task.retainedBytes());
        tasks.put(task.id(), task);
        shrink();
    }

    private void forgotten(Task<?> task) {
        bytes.addAndGet(-task.retainedBytes());
        onForgotten.accept(task);
    }

    /** Makes a little more room than is needed just now. One thread does so for all; the next one to add looks again. */
    private void shrink() {
        if (bytes.get() > maxBytes && shrinking.compareAndSet(false, true)) {
            try {
                while (bytes.get() > maxBytes - maxBytes / 16 && forgetOldest()) {
                    // on to the next ones
                }
            } finally {
                shrinking.set(false);
            }
        }
    }

    private boolean forgetOldest() {
        Map<TaskId, Task<?>> oldest =
                tasks.policy().expireAfterWrite().orElseThrow().oldest(AT_A_TIME);
        for (Task<?> task : oldest.values()) {
            if (bytes.get() <= maxBytes - maxBytes / 16) {
                return false;
            }
            if (tasks.asMap().remove(task.id(), task)) {
                forgotten(task);
            }
        }
        return !oldest.isEmpty();
    }

    @Nullable
    Task<?> find(TaskId id) {
        return tasks.getIfPresent(id);
    }

    Collection<Task<?>> all() {
        return tasks.asMap().values();
    }
}
