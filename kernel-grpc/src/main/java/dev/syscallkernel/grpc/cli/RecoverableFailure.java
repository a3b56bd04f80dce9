package dev.syscallkernel.grpc.cli;

/** A failure of which the command knows what the user can do about it. */
final class RecoverableFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final RuntimeException failure;
    private final String wayOut;

    RecoverableFailure(RuntimeException failure, String wayOut) {
        super(failure);
        this.failure = failure;
        this.wayOut = wayOut;
    }

    /** What went wrong. */
    RuntimeException failure() {
        return failure;
    }

    /** What to do, in a sentence; also worth knowing when the user stopped the command. */
    String wayOut() {
        return wayOut;
    }
}
