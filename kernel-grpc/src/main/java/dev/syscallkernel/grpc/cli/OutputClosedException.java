package dev.syscallkernel.grpc.cli;

import java.io.IOException;

/** Whoever read the output wants no more, such as {@code head}: no failure, but nothing is left to do. */
final class OutputClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutputClosedException(IOException cause) {
        super(cause);
    }
}
