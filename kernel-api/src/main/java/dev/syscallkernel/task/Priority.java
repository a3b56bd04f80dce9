package dev.syscallkernel.task;

/**
 * How urgent a task is among those of its own process; it gains nothing over another process's. Each step lets a task
 * overtake those that were submitted up to a second before it, so that no task waits forever.
 */
public enum Priority {
    BACKGROUND(-2),
    LOW(-1),
    NORMAL(0),
    HIGH(1),
    CRITICAL(2);

    private final int rank;

    Priority(int rank) {
        this.rank = rank;
    }

    /** How many steps it is above NORMAL; negative below. */
    public int rank() {
        return rank;
    }
}
