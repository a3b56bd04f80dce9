package dev.syscallkernel.grpc.cli;

import org.jspecify.annotations.Nullable;

/** A command cannot do what it was asked to, for a reason that the message tells the user. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    CommandFailure(String reason) {
        this(reason, null);
    }

    CommandFailure(String reason, @Nullable Throwable cause) {
        super(reason, cause);
        this.reason = reason;
    }

    /** The message. */
    String reason() {
        return reason;
    }
}
