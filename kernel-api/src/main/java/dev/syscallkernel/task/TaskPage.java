package dev.syscallkernel.task;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A part of the answer to a {@link TaskQuery}.
 *
 * @param tasks in the order of their submission; can be empty although there are more
 * @param nextPageToken where the next page begins; empty if this is the last one
 */
public record TaskPage(List<TaskStatus> tasks, String nextPageToken) {
    public TaskPage {
        tasks = List.copyOf(tasks);
        requireNonNull(nextPageToken, "nextPageToken");
    }

    public boolean hasNext() {
        return !nextPageToken.isEmpty();
    }
}
