package dev.syscallkernel.task;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which tasks are wanted, and where to go on. Immutable.
 *
 * @param pid only the tasks of this process; null for those of all
 * @param states only tasks in these states; empty for all
 * @param pageSize how many tasks at a time, 1 to 1,000
 * @param pageToken where to go on: the token of the page before; empty to begin
 */
public record TaskQuery(@Nullable Pid pid, Set<TaskState> states, int pageSize, String pageToken) {
    public static final int MAX_PAGE_SIZE = 1000;

    /** All tasks, 100 at a time. */
    public static final TaskQuery ALL = new TaskQuery(null, Set.of(), 100, "");

    public TaskQuery {
        states = Set.copyOf(states);
        requireNonNull(pageToken, "pageToken");
        if (pageSize < 1 || pageSize > MAX_PAGE_SIZE) {
            throw new IllegalArgumentException(
                    "a page has 1 to " + MAX_PAGE_SIZE + " tasks, not " + Integer.toUnsignedString(pageSize));
        }
    }

    /** Only the tasks of this process. */
    public TaskQuery of(Pid process) {
        return new TaskQuery(requireNonNull(process, "process"), states, pageSize, pageToken);
    }

    /** Only tasks in one of these states. */
    public TaskQuery in(TaskState first, TaskState... others) {
        return new TaskQuery(pid, EnumSet.of(first, others), pageSize, pageToken);
    }

    public TaskQuery withPageSize(int tasks) {
        return new TaskQuery(pid, states, tasks, pageToken);
    }

    /** The same question, for what comes after a page. */
    public TaskQuery after(TaskPage page) {
        return new TaskQuery(pid, states, pageSize, page.nextPageToken());
    }
}
