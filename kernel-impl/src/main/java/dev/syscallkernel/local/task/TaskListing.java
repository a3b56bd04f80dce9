package dev.syscallkernel.local.task;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.task.TaskPage;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskStatus;
import java.util.List;
import java.util.TreeMap;

/**
 * Finds the page that a query asks for, in one pass over all tasks that keeps no more than a page. Used by one thread.
 *
 * <p>A task can move from those that live to those that have ended while they are looked through. It is among the latter
 * before it leaves the former: so whoever looks in that order sees it, perhaps twice, but never misses it.
 */
final class TaskListing {
    private final TaskQuery query;
    private final long after;
    private final TreeMap<Long, TaskStatus> page = new TreeMap<>();
    private boolean more;

    TaskListing(TaskQuery query) {
        this.query = query;
        this.after = order(query.pageToken());
    }

    private static long order(String token) {
        if (token.isEmpty()) {
            return 0;
        }
        NumberFormatException malformed = null;
        try {
            long order = Long.parseLong(token, 36);
            if (order > 0) {
                return order;
            }
        } catch (NumberFormatException problem) {
            malformed = problem;
        }
        throw new SyscallException(
                ErrorCode.INVALID_ARGUMENT, "list_tasks", token, "not a token that a page had", malformed);
    }

    void look(Iterable<Task<?>> tasks) {
        for (Task<?> task : tasks) {
            long order = task.order();
            if (order > after && matches(task) && !page.containsKey(order)) {
                add(order, task);
            }
        }
    }

    private boolean matches(Task<?> task) {
        return (query.pid() == null || query.pid().equals(task.pid()))
                && (query.states().isEmpty()
                        || query.states().contains(task.phase().state()));
    }

    private void add(long order, Task<?> task) {
        if (page.size() == query.pageSize()) {
            more = true;
            if (order > page.lastKey()) {
                return;
            }
            page.pollLastEntry();
        }
        page.put(order, task.status());
    }

    TaskPage page() {
        return new TaskPage(List.copyOf(page.values()), more ? Long.toString(page.lastKey(), 36) : "");
    }
}
