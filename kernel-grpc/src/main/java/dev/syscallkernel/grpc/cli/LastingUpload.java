package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import org.jspecify.annotations.Nullable;

/**
 * An upload that goes on in a later run of the command. On the server it belongs to a process, which therefore stays
 * until the upload is complete; its name tells a later run which one it is. A server that was started anew has no
 * processes, but still has the upload, for whoever goes on with it.
 */
final class LastingUpload implements AutoCloseable {
    private final String id;
    private final Session session;
    private final ProcessOptions options;
    private @Nullable KernelProcess process; // null until it is known which one
    private boolean begun;
    private boolean complete;

    LastingUpload(String id, Session session, ProcessOptions options) {
        this.id = id;
        this.session = session;
        this.options = options;
    }

    private KernelProcess named(String name) {
        return session.kernel().processes().stream()
                .filter(info -> info.name().equals(name))
                .map(info -> session.kernel().process(info.pid()))
                .findFirst()
                // A stop before the upload has begun leaves nothing to be kept.
                .orElseGet(() -> session.provisional(
                        ProcessSpec.named(name).grant(PutCommand.NEEDED).build()));
    }

    String id() {
        return id;
    }

    /** The process of the user's choice, or the one that an earlier run has left, or a new one. */
    KernelProcess process() {
        if (process == null) {
            process = options.given(session).orElseGet(() -> named("kernel put " + id));
        }
        return process;
    }

    /** How many bytes of it the kernel has; 0 if it does not know it. */
    long arrived() {
        try {
            long bytes = process().execute(new GetUploadStatus(id)).committedBytes();
            begun();
            return bytes;
        } catch (SyscallException failure) {
            if (failure.code() == ErrorCode.NOT_FOUND) {
                return 0;
            }
            throw failure;
        }
    }

    /** The kernel keeps it from now on. */
    void begun() {
        begun = true;
        session.outlive(process());
    }

    /** It was published: nothing is left to go on with. */
    void complete() {
        complete = true;
    }

    /** The failure of this run, together with what to do next. */
    RuntimeException failure(RuntimeException problem) {
        if (complete) {
            return problem;
        }
        ErrorCode code = problem instanceof SyscallException failure ? failure.code() : ErrorCode.IO_ERROR;
        if (code == ErrorCode.UNSUPPORTED) {
            return new RecoverableFailure(problem, "Start the server with --state DIR, or leave --resume out.");
        }
        if (code == ErrorCode.CONFLICT) {
            return new RecoverableFailure(problem, "To begin anew, choose another id, or leave --resume out.");
        }
        if (code == ErrorCode.NO_SUCH_PROCESS && options.isGiven()) {
            return new RecoverableFailure(
                    problem, "An upload ends with the process that --pid named; leave --pid out to begin anew.");
        }
        return begun ? new RecoverableFailure(problem, howToGoOn()) : problem;
    }

    private String howToGoOn() {
        return "What has arrived is kept for 24 hours as the upload " + Text.printable(id)
                + ": run the same command again to go on.";
    }

    /** Ends the process, unless it has to keep the upload, or the user named it. */
    @Override
    public void close() {
        if (process != null && !options.isGiven() && (complete || !begun)) {
            session.endWithThis(process);
        }
    }
}
