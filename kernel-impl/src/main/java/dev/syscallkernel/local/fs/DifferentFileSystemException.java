package dev.syscallkernel.local.fs;

import java.io.IOException;

/** A rename cannot be done because the two directories do not belong to the same file system. */
final class DifferentFileSystemException extends IOException {
    private static final long serialVersionUID = 1L;
}
