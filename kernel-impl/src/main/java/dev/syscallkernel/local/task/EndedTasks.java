package dev.syscallkernel.local.task;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.task.TaskId;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Remembers the tasks that have ended, for a time, and no more results than there is room for. Thread-safe. */
final class EndedTasks {
    private final Cache<TaskId, Task<?>> tasks;

    /** @param onForgotten hears of each task that is forgotten; must not take long */
    EndedTasks(
            TaskSettings settings,
            Timers timers,
            Executor executor,
            LongSupplier nanoTime,
            Consumer<Task<?>> onForgotten) {
        this.tasks = Caffeine.newBuilder()
                .expireAfterWrite(settings.retention())
                .maximumWeight(settings.retainedBytes())
                .weigher((TaskId id, Task<?> task) ->
                        (int) Math.min(Footprint.OBJECT + task.retainedBytes(), Integer.MAX_VALUE))
                .ticker(nanoTime::getAsLong)
                .executor(executor)
                .scheduler((runner, command, delay, unit) ->
                        timers.after(Duration.of(delay, unit.toChronoUnit()), command))
                .evictionListener((@Nullable TaskId id, @Nullable Task<?> task, RemovalCause cause) -> {
                    if (task != null) {
                        onForgotten.accept(task);
                    }
                })
                .build();
    }

    void add(Task<?> task) {
        tasks.put(task.id(), task);
    }

    @Nullable
    Task<?> find(TaskId id) {
        return tasks.getIfPresent(id);
    }

    Collection<Task<?>> all() {
        return tasks.asMap().values();
    }
}
