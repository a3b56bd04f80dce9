package dev.syscallkernel.local.fs;

/** Where the relative paths of a process start. Thread-safe. */
final class WorkingDirectory {
    private volatile Position position = Position.ROOT;

    Position position() {
        return position;
    }

    void moveTo(Position directory) {
        position = directory;
    }
}
