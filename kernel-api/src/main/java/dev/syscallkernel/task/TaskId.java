package dev.syscallkernel.task;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/** Names a task of one kernel: a random UUID, never used twice. */
public record TaskId(UUID value) {
    public TaskId {
        requireNonNull(value, "value");
    }

    /**
     * The id that this text names.
     *
     * @throws IllegalArgumentException if it is not a UUID in its usual form of 36 characters
     */
    public static TaskId parse(String text) {
        if (text.length() == 36) {
            UUID value = UUID.fromString(text);
            if (value.toString().equalsIgnoreCase(text)) {
                return new TaskId(value);
            }
        }
        throw new IllegalArgumentException("not the id of a task: '" + text + "'");
    }

    /** Such as {@code 0f8b8a9e-8a3b-4f0e-9f62-0d6a3c1b7e55}. */
    @Override
    public String toString() {
        return value.toString();
    }
}
