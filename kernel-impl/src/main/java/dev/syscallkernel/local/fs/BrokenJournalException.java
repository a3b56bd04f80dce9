package dev.syscallkernel.local.fs;

import java.io.IOException;

/** The journal failed before, and takes no more until the kernel is started again. */
final class BrokenJournalException extends IOException {
    private static final long serialVersionUID = 1L;

    BrokenJournalException(IOException cause) {
        super(cause);
    }
}
