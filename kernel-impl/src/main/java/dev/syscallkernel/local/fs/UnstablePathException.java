package dev.syscallkernel.local.fs;

import java.io.IOException;

/** The host has no path that leads to an open directory whatever becomes of its name. */
final class UnstablePathException extends IOException {
    private static final long serialVersionUID = 1L;
}
