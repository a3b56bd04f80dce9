package dev.syscallkernel.local.task;

import dev.syscallkernel.task.Priority;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one process that wait for their turn. The one with the least virtual deadline is first; since the tasks of
 * one priority come in the order of their deadlines, a line for each priority is all the sorting that is needed, and every
 * operation takes the same time however many wait. Not thread-safe.
 */
final class WaitingTasks {
    private static final int LOWEST = Priority.BACKGROUND.rank();

    /** The first of each line, by rank. A line is a ring: before the first one is the last one. */
    private final @Nullable QueuedTask[] lines = new QueuedTask[Priority.CRITICAL.rank() - LOWEST + 1];

    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    /** Adds a task, whose deadline is not before those of the others of its priority. */
    void add(QueuedTask task) {
        int line = task.priority().rank() - LOWEST;
        QueuedTask first = lines[line];
        if (first == null) {
            task.previous = task;
            task.next = task;
            lines[line] = task;
        } else {
            QueuedTask last = neighbour(first.previous);
            task.previous = last;
            task.next = first;
            last.next = task;
            first.previous = task;
        }
        size++;
    }

    /** Takes the first one out; null if there is none. */
    @Nullable
    QueuedTask poll() {
        QueuedTask first = null;
        for (QueuedTask task : lines) {
            if (task != null && (first == null || task.precedes(first))) {
                first = task;
            }
        }
        if (first != null) {
            remove(first);
        }
        return first;
    }

    /** Takes one out. Returns whether it was inside. */
    boolean remove(QueuedTask task) {
        if (task.next == null) {
            return false;
        }
        QueuedTask previous = neighbour(task.previous);
        QueuedTask next = neighbour(task.next);
        previous.next = next;
        next.previous = previous;
        int line = task.priority().rank() - LOWEST;
        if (lines[line] == task) {
            lines[line] = next == task ? null : next;
        }
        task.previous = null;
        task.next = null;
        size--;
        return true;
    }

    private static QueuedTask neighbour(@Nullable QueuedTask task) {
        if (task == null) {
            throw new IllegalStateException("a task that waits has neighbours");
        }
        return task;
    }
}
