package dev.syscallkernel.local.fs;

import java.util.List;

/** Others work on these paths: who holds locks has to give them back, and to begin again once all are free. */
final class LockedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<PathLocks.Want> wants;

    /** @param wants all that are needed, also those that are held already */
    LockedException(List<PathLocks.Want> wants) {
        super("paths are locked", null, false, false);
        this.wants = List.copyOf(wants);
    }

    List<PathLocks.Want> wants() {
        return wants;
    }
}
