package dev.syscallkernel.grpc;

import com.google.protobuf.MessageLite;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSyscall;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.BatchSyscallResponse;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import dev.syscallkernel.proto.EventStreamRequest;
import dev.syscallkernel.proto.KernelEvent;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.ListProcessesRequest;
import dev.syscallkernel.proto.ProcessList;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.proto.TerminateProcessRequest;
import dev.syscallkernel.proto.TerminateProcessResponse;
import dev.syscallkernel.proto.UpdateSandboxRequest;
import dev.syscallkernel.proto.UpdateSandboxResponse;
import dev.syscallkernel.proto.UploadStatusRequest;
import dev.syscallkernel.proto.UploadStatusResponse;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The methods of the service, on top of any kernel. */
final class KernelService {
    /** Longer than any client waits, and still countable in nanoseconds. */
    private static final int MAX_ENDS = 64;

    static final Duration UNLIMITED = Duration.ofDays(36_500);

    private final SyscallKernel kernel;
    private final MountableDirectories mountable;
    private final WorkPool pool;
    private final ActiveCalls active;
    private final TaskService tasks;

    /** Runs the ends of processes; what waits there for a thread holds none of the pool. */
    private final ThreadPoolExecutor ends = new ThreadPoolExecutor(
            MAX_ENDS, MAX_ENDS, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Daemons.named("kernel-server-end"));

    /** @param timers whose threads are never blocked */
    KernelService(
            SyscallKernel kernel,
            MountableDirectories mountable,
            WorkPool pool,
            ActiveCalls active,
            ScheduledExecutorService timers) {
        this.kernel = kernel;
        this.mountable = mountable;
        this.pool = pool;
        this.active = active;
        this.tasks = new TaskService(kernel, timers);
        ends.allowCoreThreadTimeOut(true);
    }

    /** The generated service, but with requests that arrive even if they are malformed. */
    ServerServiceDefinition definition() {
        List<ServerMethodDefinition<?, ?>> methods = List.of(
                method(
                        KernelServiceGrpc.getExecuteSyscallMethod(),
                        UnaryCall.handler(active, pool, this::executeSyscall, this::endUnknown)),
                method(
                        KernelServiceGrpc.getExecuteSyscallBatchMethod(),
                        UnaryCall.handler(active, pool, this::executeBatch)),
                method(StreamMethod.DESCRIPTOR, StreamCall.handler(active, pool, this::process)),
                method(
                        KernelServiceGrpc.getGetUploadStatusMethod(),
                        UnaryCall.handler(active, pool, this::uploadStatus)),
                method(
                        KernelServiceGrpc.getStreamEventsMethod(),
                        PublishedStream.handler(active, pool, this::events, null)),
                unary(KernelServiceGrpc.getExecuteSyscallAsyncMethod(), tasks::submit),
                unary(KernelServiceGrpc.getExecuteSyscallBatchAsyncMethod(), tasks::submitBatch),
                unary(KernelServiceGrpc.getGetAsyncStatusMethod(), tasks::status),
                unary(KernelServiceGrpc.getCancelAsyncMethod(), tasks::cancel),
                unary(KernelServiceGrpc.getListAsyncMethod(), tasks::list),
                method(
                        KernelServiceGrpc.getWaitAsyncMethod(),
                        UnaryCall.handler(active, pool, (request, deadline) -> tasks.await(request))),
                method(
                        KernelServiceGrpc.getWatchAsyncMethod(),
                        PublishedStream.handler(active, pool, tasks::watch, Failures.stopping())),
                method(
                        KernelServiceGrpc.getCreateProcessMethod(),
                        UnaryCall.handler(
                                active,
                                pool,
                                (request, deadline) -> CompletableFuture.completedFuture(createProcess(request)),
                                created -> endLater(created.getPid()))),
                method(
                        KernelServiceGrpc.getCreateTemporaryProcessMethod(),
                        TemporaryProcess.handler(active, pool, this::createProcess, this::endLater)),
                unary(KernelServiceGrpc.getUpdateSandboxMethod(), this::updateSandbox),
                method(
                        KernelServiceGrpc.getTerminateProcessMethod(),
                        UnaryCall.handler(active, pool, (request, deadline) -> terminateProcess(request))),
                unary(KernelServiceGrpc.getListProcessesMethod(), this::listProcesses),
                unary(KernelServiceGrpc.getGetKernelInfoMethod(), request -> InfoCodec.toWire(kernel.info())));
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(KernelServiceGrpc.SERVICE_NAME)
                .setSchemaDescriptor(KernelServiceGrpc.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(service::addMethod);
        return service.build();
    }

    private <Q extends MessageLite, A> ServerMethodDefinition<Parsed<Q>, A> unary(
            MethodDescriptor<Q, A> method, Function<Q, A> work) {
        return method(
                method,
                UnaryCall.handler(
                        active, pool, (request, deadline) -> CompletableFuture.completedFuture(work.apply(request))));
    }

    private static <Q, A> ServerMethodDefinition<Parsed<Q>, A> method(
            MethodDescriptor<Q, A> method, ServerCallHandler<Parsed<Q>, A> handler) {
        MethodDescriptor<Parsed<Q>, A> tolerant = method.toBuilder(
                        Parsed.marshaller(method.getRequestMarshaller()), method.getResponseMarshaller())
                .build();
        return ServerMethodDefinition.create(tolerant, handler);
    }

    private CompletableFuture<SyscallResponse> executeSyscall(SyscallRequest request, @Nullable Deadline deadline) {
        Syscall<?> call = SyscallCodec.decode(request);
        return execute(process(request.getPid()), call, timeout(request, deadline));
    }

    private CompletableFuture<BatchSyscallResponse> executeBatch(
            BatchSyscallRequest request, @Nullable Deadline deadline) {
        Batch batch = BatchCodec.fromWire(request);
        return Futures.map(kernel.batches().executeAsync(batch), result -> BatchCodec.toWire(result), problem -> {
            throw Statuses.of(problem);
        });
    }

    private CompletableFuture<UploadStatusResponse> uploadStatus(
            UploadStatusRequest request, @Nullable Deadline deadline) {
        GetUploadStatus call = new GetUploadStatus(request.getUploadId());
        return Futures.map(
                process(request.getPid()).executeAsync(call, patience(deadline)), StreamCodec::toWire, problem -> {
                    throw Statuses.of(problem);
                });
    }

    private static <R extends @Nullable Object> CompletableFuture<SyscallResponse> execute(
            KernelProcess process, Syscall<R> call, Duration timeout) {
        return Futures.map(
                process.executeAsync(call, timeout),
                result -> SyscallCodec.success(call, result),
                problem -> failedResponse(problem, call));
    }

    /**
     * What a syscall answers is a response, also if it failed; that there is no such process, or no sense, is not. Calls
     * on processes answer by that code too: mostly it is about their target.
     */
    private static SyscallResponse failedResponse(Throwable problem, Syscall<?> call) {
        if (problem instanceof SyscallException failure
                && (failure.code() != ErrorCode.NO_SUCH_PROCESS || call instanceof ProcessSyscall)) {
            return Failures.toWire(failure);
        }
        throw Statuses.of(problem);
    }

    /** What is left of the client's patience: the earlier of its two limits. */
    private static Duration timeout(SyscallRequest request, @Nullable Deadline deadline) {
        Duration patience = patience(deadline);
        Duration asked = Duration.ofMillis(WireValues.saturated(request.getTimeoutMs()));
        return asked.isZero() || asked.compareTo(patience) > 0 ? patience : asked;
    }

    private static Duration patience(@Nullable Deadline deadline) {
        return deadline == null
                ? UNLIMITED
                : Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
    }

    /** @throws SyscallException NO_SUCH_PROCESS, for every number that is not the pid of a live process */
    private KernelProcess process(int pid) {
        if (pid <= 0) {
            throw Failures.noSuchProcess(pid); // 2^31 and more are negative here
        }
        return kernel.process(new Pid(pid));
    }

    private PublishedStream.Source<?, KernelEvent> events(EventStreamRequest request) {
        return new PublishedStream.Source<>(kernel.events(EventCodec.fromWire(request)), EventCodec::toWire);
    }

    private CreateProcessResponse createProcess(CreateProcessRequest request) {
        try {
            Command command = request.hasCommand() ? CommandCodec.fromWire(request) : null;
            KernelProcess created = kernel.createProcess(SpecCodec.fromWire(request, mountable, this::kernelLimits));
            CreateProcessResponse.Builder response = CreateProcessResponse.newBuilder()
                    .setPid(created.pid().value())
                    .setSuccess(true);
            if (command != null) {
                SpawnedProcess program = spawnOrEnd(created, command);
                response.setOsPid((int) program.osPid())
                        .setProgramPid(program.pid().value());
            }
            return response.build();
        } catch (SyscallException failure) {
            return CreateProcessResponse.newBuilder()
                    .setError(failure.reason())
                    .setCode(WireEnums.toWire(failure.code()))
                    .setSubject(failure.subject())
                    .build();
        }
    }

    private static SpawnedProcess spawnOrEnd(KernelProcess process, Command command) {
        try {
            return process.spawn(command);
        } catch (SyscallException failure) {
            process.terminate();
            throw failure;
        }
    }

    private UpdateSandboxResponse updateSandbox(UpdateSandboxRequest request) {
        KernelProcess process = process(request.getPid());
        try {
            process.updateSandbox(SandboxCodec.fromWire(request, this::kernelLimits));
            return UpdateSandboxResponse.newBuilder().setSuccess(true).build();
        } catch (SyscallException failure) {
            if (failure.code() == ErrorCode.NO_SUCH_PROCESS) {
                throw failure; // it ended just now
            }
            return UpdateSandboxResponse.newBuilder()
                    .setError(failure.reason())
                    .setCode(WireEnums.toWire(failure.code()))
                    .setSubject(failure.subject())
                    .build();
        }
    }

    private ResourceLimits kernelLimits() {
        return kernel.info().limits();
    }

    /** Not in the pool: the end of a process waits for its programs, which have some seconds for it. */
    private CompletableFuture<TerminateProcessResponse> terminateProcess(TerminateProcessRequest request) {
        KernelProcess process = process(request.getPid());
        return CompletableFuture.supplyAsync(
                () -> TerminateProcessResponse.newBuilder()
                        .setTerminated(process.terminate())
                        .build(),
                ends);
    }

    /** Ends a process that nobody knows, or wants any more. Zero, of one that was refused, is none. */
    private void endLater(int pid) {
        ends.execute(() -> {
            try {
                process(pid).terminate();
            } catch (SyscallException ended) {
                // So much the better.
            }
        });
    }

    /** Ends the program that a call has started whose client left before it could learn of it. */
    private void endUnknown(SyscallResponse response) {
        if (response.getSuccess().hasSpawned()) {
            endLater(response.getSuccess().getSpawned().getPid());
        }
    }

    private ProcessList listProcesses(ListProcessesRequest request) {
        List<ProcessInfo> infos =
                request.hasPid() ? List.of(process(request.getPid()).info()) : kernel.processes();
        return ProcessList.newBuilder()
                .addAllProcesses(infos.stream().map(ProcessCodec::toWire).toList())
                .build();
    }
}
