package dev.syscallkernel.task;

/** Where a task is on its way. Each task ends in exactly one of the last three states, and stays there. */
public enum TaskState {
    /** It waits for its turn. */
    PENDING,
    /** It has begun: it is at work, or waits for something without a thread. */
    RUNNING,
    /** It has succeeded, and its result is there. */
    COMPLETED,
    /** It ended in an error. */
    FAILED,
    /** It was cancelled, and has really stopped. */
    CANCELLED;

    /** Whether a task in this state never changes again. */
    public boolean isEnded() {
        return this != PENDING && this != RUNNING;
    }
}
