package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.process.ProcessSpec;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What a command has to do with a kernel elsewhere: the connection, and the processes that shall not outlive the command.
 * A stop closes it as well, which ends what the command waits for. Thread-safe.
 */
final class Session implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Session.class.getName());
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    private final RemoteKernel kernel;
    private final List<KernelProcess> temporary = new ArrayList<>(); // guarded by this, held while the server is asked
    private boolean closed; // guarded by this
    private final StopRequest.Registration registration;

    private Session(RemoteKernel kernel, StopRequest stop) {
        this.kernel = kernel;
        this.registration = stop.onStop(this::closeOnce);
    }

    /** @throws IllegalArgumentException if it is not an address */
    static Session open(String address, StopRequest stop) {
        return new Session(
                RemoteKernel.builder(address).callTimeout(CALL_TIMEOUT).build(), stop);
    }

    SyscallKernel kernel() {
        return kernel;
    }

    /** Creates a process that ends with this session, also if that just disappears, unless the server is older. */
    KernelProcess temporary(ProcessSpec spec) {
        return created(spec, this::createTemporary);
    }

    private KernelProcess createTemporary(ProcessSpec spec) {
        try {
            return kernel.createTemporaryProcess(spec);
        } catch (SyscallException refusal) {
            if (!(refusal.getCause() instanceof StatusRuntimeException status)
                    || status.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
                throw refusal;
            }
            LOG.log(
                    Level.INFO,
                    "The server is older than this command, and keeps what that cannot end itself",
                    refusal);
            return kernel.createProcess(spec);
        }
    }

    /** Creates a process that ends with this session, unless it is to {@link #outlive} it. */
    KernelProcess provisional(ProcessSpec spec) {
        return created(spec, kernel::createProcess);
    }

    private synchronized KernelProcess created(ProcessSpec spec, Function<ProcessSpec, KernelProcess> creation) {
        if (closed) {
            throw new SyscallException(ErrorCode.CANCELLED, "create_process", spec.name(), "the command was stopped");
        }
        KernelProcess process = creation.apply(spec);
        temporary.add(process);
        return process;
    }

    /** Has a provisional process outlive this session. */
    synchronized void outlive(KernelProcess process) {
        temporary.remove(process);
    }

    /** Has a process end with this session, although it could have outlived it. */
    synchronized void endWithThis(KernelProcess process) {
        temporary.add(process);
    }

    /** Ends the temporary processes and the connection. Whoever closes second waits for the first. */
    @Override
    public void close() {
        closeOnce();
        registration.close();
    }

    private synchronized void closeOnce() {
        if (!closed) {
            closed = true;
            temporary.forEach(Session::end);
            kernel.close();
        }
    }

    private static void end(KernelProcess process) {
        try {
            process.terminate();
        } catch (SyscallException problem) { // what the command itself met is more to the point
            LOG.log(Level.INFO, "The process " + process.pid() + " could not be ended", problem);
        }
    }
}
