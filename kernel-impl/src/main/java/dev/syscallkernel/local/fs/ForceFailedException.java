package dev.syscallkernel.local.fs;

import java.io.IOException;

/** The device reported an error after something was written: nobody knows what is on it. It must not be asked again. */
final class ForceFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    ForceFailedException(IOException cause) {
        super(cause);
    }
}
