package dev.syscallkernel.process;

/** What a process is doing; for one with a program, what its main process is doing. */
public enum ProcessState {
    /** It works, or could; also a process without a program that has not ended. */
    RUNNING,
    /** It waits for something. */
    SLEEPING,
    /** A signal has stopped it until another one lets it go on. */
    STOPPED,
    /** It has ended, and its status can still be asked for. */
    EXITED
}
