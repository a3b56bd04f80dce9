package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.KernelInfoRequest;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.ListProcessesRequest;
import dev.syscallkernel.task.AsyncTaskManager;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that runs elsewhere, behind a {@link KernelServer}. It is used like one in this JVM, and fails with the same
 * exceptions; besides, any method fails with UNAVAILABLE if the server cannot be reached.
 *
 * <pre>{@code
 * try (SyscallKernel kernel = RemoteKernel.connect("127.0.0.1:50051")) {
 *     KernelProcess process = kernel.createProcess(ProcessSpec.named("indexer").build());
 * }
 * }</pre>
 *
 * <p>The connection is made at the first call, and again whenever it was lost. Closing it ends no process: another
 * client finds it by its pid. Host directories to be mounted are named as they are on the server's machine, and the
 * server's operator decides which ones can be. Thread-safe.
 */
public final class RemoteKernel implements SyscallKernel {
    private final Connection connection;
    private final RemoteTasks tasks;
    private final AtomicBoolean closed = new AtomicBoolean();

    private RemoteKernel(Connection connection) {
        this.connection = connection;
        this.tasks = new RemoteTasks(connection);
    }

    /**
     * A kernel at an address such as {@code 127.0.0.1:50051} or {@code unix:/run/kernel.sock}.
     *
     * @throws IllegalArgumentException if it is not an address
     */
    public static RemoteKernel connect(String address) {
        return builder(address).build();
    }

    /**
     * Starts the description of a connection.
     *
     * @param address such as {@code 127.0.0.1:50051} or {@code unix:/run/kernel.sock}
     * @throws IllegalArgumentException if it is not an address
     */
    public static Builder builder(String address) {
        return new Builder(Endpoint.parse(address));
    }

    @Override
    public KernelProcess createProcess(ProcessSpec spec) {
        return created(connection.call(
                KernelServiceGrpc.getCreateProcessMethod(),
                SpecCodec.toWire(spec),
                null,
                Failures.CREATE_PROCESS,
                spec.name()));
    }

    /**
     * Creates a process that the server ends, and its programs with it, when this kernel is closed, or its program or its
     * host is gone.
     */
    public KernelProcess createTemporaryProcess(ProcessSpec spec) {
        return created(connection.callAndHold(
                KernelServiceGrpc.getCreateTemporaryProcessMethod(),
                SpecCodec.toWire(spec),
                Failures.CREATE_PROCESS,
                spec.name()));
    }

    private KernelProcess created(CreateProcessResponse response) {
        if (!response.getSuccess()) {
            throw new SyscallException(
                    WireEnums.fromWire(response.getCode()),
                    Failures.CREATE_PROCESS,
                    response.getSubject(),
                    Failures.reason(response.getError()));
        }
        return new RemoteProcess(connection, pid(response.getPid()));
    }

    private static Pid pid(int value) {
        if (value < 1) {
            throw Failures.unintelligible(Failures.CREATE_PROCESS, "", null);
        }
        return new Pid(value);
    }

    @Override
    public KernelProcess process(Pid pid) {
        RemoteProcess process = new RemoteProcess(connection, pid);
        var unused = process.info(Failures.FIND_PROCESS);
        return process;
    }

    @Override
    public List<ProcessInfo> processes() {
        return RemoteProcess.list(connection, ListProcessesRequest.getDefaultInstance(), "list_processes", "");
    }

    @Override
    public BatchExecutor batches() {
        return new RemoteBatches(connection);
    }

    @Override
    public KernelInfo info() {
        String operation = "get_kernel_info";
        var response = connection.call(
                KernelServiceGrpc.getGetKernelInfoMethod(),
                KernelInfoRequest.getDefaultInstance(),
                null,
                operation,
                "");
        try {
            return InfoCodec.fromWire(response);
        } catch (IllegalArgumentException refusal) {
            throw Failures.unintelligible(operation, "", refusal);
        }
    }

    @Override
    public AsyncTaskManager tasks() {
        return tasks;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Subscribing waits until the server has confirmed it.
     */
    @Override
    public Flow.Publisher<KernelEvent> events(Set<KernelEvent.Type> types) {
        if (connection.isClosed()) {
            throw connection.closedFailure(RemotePublisher.STREAM_EVENTS, "");
        }
        return RemotePublisher.ofEvents(connection, Set.copyOf(types));
    }

    /** Closes the connection: what waits for an answer fails with UNAVAILABLE. Closing twice has no effect. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            connection.close();
        }
    }

    /** Collects the settings of a connection. Not thread-safe. */
    public static final class Builder {
        private final Endpoint endpoint;
        private @Nullable Duration callTimeout;

        private Builder(Endpoint endpoint) {
            this.endpoint = endpoint;
        }

        /**
         * Sets after how long a call or a batch without a time limit of its own fails with {@link ErrorCode#TIMED_OUT}.
         * Unless set, it waits as long as the server is alive. Streams are limited in how long they take to open. What
         * has timed out is cancelled; how far it had come by then is not known, but an atomic batch is all or nothing,
         * and one with a request id goes on.
         */
        public Builder callTimeout(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("callTimeout must be positive: " + timeout);
            }
            this.callTimeout = timeout;
            return this;
        }

        /** Makes a kernel, which connects when it is first used. */
        public RemoteKernel build() {
            return new RemoteKernel(new Connection(endpoint, callTimeout));
        }
    }
}
