package dev.syscallkernel.local.fs;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something was replaced by something else under a running operation, which has to begin again. */
final class SwappedException extends IOException {
    private static final long serialVersionUID = 1L;

    SwappedException(@Nullable Throwable cause) {
        super("replaced under a running operation", cause);
    }
}
