package dev.syscallkernel.grpc;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.ListProcessesRequest;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.TerminateProcessRequest;
import dev.syscallkernel.proto.UpdateSandboxResponse;
import dev.syscallkernel.proto.UploadStatusRequest;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.stream.StreamSyscall;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.UploadStatus;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A handle to a process of a kernel that runs elsewhere. */
final class RemoteProcess implements KernelProcess {
    private final Connection connection;
    private final Pid pid;

    RemoteProcess(Connection connection, Pid pid) {
        this.connection = connection;
        this.pid = pid;
    }

    @Override
    public Pid pid() {
        return pid;
    }

    @Override
    public ProcessInfo info() {
        return info("get_process_info");
    }

    ProcessInfo info(String operation) {
        ListProcessesRequest request =
                ListProcessesRequest.newBuilder().setPid(pid.value()).build();
        List<ProcessInfo> infos = list(connection, request, operation, pid.toString());
        if (infos.size() != 1) {
            throw Failures.unintelligible(operation, pid.toString(), null);
        }
        return infos.get(0);
    }

    static List<ProcessInfo> list(
            Connection connection, ListProcessesRequest request, String operation, String subject) {
        var response = connection.call(KernelServiceGrpc.getListProcessesMethod(), request, null, operation, subject);
        try {
            return response.getProcessesList().stream()
                    .map(ProcessCodec::fromWire)
                    .toList();
        } catch (IllegalArgumentException refusal) {
            throw Failures.unintelligible(operation, subject, refusal);
        }
    }

    @Override
    public <R extends @Nullable Object> R execute(Syscall<R> call) {
        return executeWithin(call, null);
    }

    @Override
    public <R extends @Nullable Object> R execute(Syscall<R> call, Duration timeout) {
        return executeWithin(call, requireNonNull(timeout, "timeout"));
    }

    private <R extends @Nullable Object> R executeWithin(Syscall<R> call, @Nullable Duration timeout) {
        if (call instanceof StreamSyscall<R> stream) {
            return await(start(stream, timeout), call);
        }
        var response = connection.call(
                KernelServiceGrpc.getExecuteSyscallMethod(), request(call), timeout, call.name(), call.subject());
        return SyscallCodec.result(call, response);
    }

    @Override
    public <R extends @Nullable Object> CompletableFuture<R> executeAsync(Syscall<R> call, Duration timeout) {
        requireNonNull(timeout, "timeout");
        if (call instanceof StreamSyscall<R> stream) {
            return start(stream, timeout);
        }
        SyscallRequest request;
        try {
            request = request(call);
            Connection.requireSendable(request, call.name(), call.subject());
        } catch (SyscallException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
        return Futures.map(
                connection.start(KernelServiceGrpc.getExecuteSyscallMethod(), request, timeout),
                response -> SyscallCodec.result(call, response),
                problem -> {
                    throw failure(problem, call);
                });
    }

    @Override
    public <R extends @Nullable Object> TaskHandle<R> submit(Syscall<R> call, TaskOptions options) {
        return new RemoteTasks(connection).submit(pid, call, options);
    }

    private SyscallRequest request(Syscall<?> call) {
        return SyscallCodec.encode(call).setPid(pid.value()).build();
    }

    private SyscallException failure(Throwable problem, Syscall<?> call) {
        if (problem instanceof StatusRuntimeException status) {
            return connection.failure(status, call.name(), call.subject());
        }
        return Failures.unintelligible(call.name(), call.subject(), problem);
    }

    /** Starts a call that has an RPC of its own. */
    @SuppressWarnings("unchecked") // Each of these calls is a Syscall of what its future brings.
    private <R extends @Nullable Object> CompletableFuture<R> start(StreamSyscall<R> call, @Nullable Duration timeout) {
        Duration limit = timeout == null ? connection.callTimeout() : timeout;
        try {
            if (call instanceof OpenReader open) {
                return (CompletableFuture<R>) RemoteReader.open(connection, pid, open, limit);
            }
            if (call instanceof OpenWriter open) {
                return (CompletableFuture<R>) RemoteWriter.open(connection, pid, open, limit);
            }
            if (call instanceof OpenProcessOutput open) {
                return (CompletableFuture<R>) RemoteReader.open(connection, pid, open, limit);
            }
            if (call instanceof OpenProcessInput open) {
                return (CompletableFuture<R>) RemoteInput.open(connection, pid, open, limit);
            }
            if (call instanceof GetUploadStatus status) {
                return (CompletableFuture<R>) uploadStatus(status, limit);
            }
            throw new IllegalArgumentException("not known here: " + call.name());
        } catch (SyscallException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
    }

    private CompletableFuture<UploadStatus> uploadStatus(GetUploadStatus call, @Nullable Duration timeout) {
        UploadStatusRequest request = StreamCodec.encode(pid.value(), call);
        Connection.requireSendable(request, call.name(), call.subject());
        return Futures.map(
                connection.start(KernelServiceGrpc.getGetUploadStatusMethod(), request, timeout),
                StreamCodec::fromWire,
                problem -> {
                    throw failure(problem, call);
                });
    }

    private static <R extends @Nullable Object> R await(CompletableFuture<R> answer, Syscall<R> call) {
        try {
            return answer.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            if (!answer.cancel(false)) {
                var unused = answer.thenAccept(RemoteProcess::closeUnused); // it was opened just now, for nobody
            }
            throw new SyscallException(
                    ErrorCode.CANCELLED,
                    call.name(),
                    call.subject(),
                    "the waiting thread was interrupted",
                    interrupted);
        } catch (ExecutionException problem) {
            if (problem.getCause() instanceof SyscallException failure) {
                throw failure;
            }
            throw Failures.unintelligible(call.name(), call.subject(), problem);
        }
    }

    private static void closeUnused(@Nullable Object answer) {
        if (answer instanceof RemoteStream<?> stream) {
            stream.close();
        }
    }

    @Override
    public ProcessBatch batch() {
        return new ProcessBatch(pid, new RemoteBatches(connection));
    }

    @Override
    public void updateSandbox(Sandbox sandbox) {
        UpdateSandboxResponse response = connection.call(
                KernelServiceGrpc.getUpdateSandboxMethod(),
                SandboxCodec.toWire(pid, sandbox),
                null,
                Failures.UPDATE_SANDBOX,
                pid.toString());
        if (!response.getSuccess()) {
            throw new SyscallException(
                    WireEnums.fromWire(response.getCode()),
                    Failures.UPDATE_SANDBOX,
                    response.getSubject(),
                    Failures.reason(response.getError()));
        }
    }

    @Override
    public boolean terminate() {
        TerminateProcessRequest request =
                TerminateProcessRequest.newBuilder().setPid(pid.value()).build();
        try {
            return connection
                    .call(
                            KernelServiceGrpc.getTerminateProcessMethod(),
                            request,
                            null,
                            "terminate_process",
                            pid.toString())
                    .getTerminated();
        } catch (SyscallException failure) {
            if (failure.code() == ErrorCode.NO_SUCH_PROCESS) {
                return false; // it had ended before
            }
            throw failure;
        }
    }

    @Override
    public String toString() {
        return "process " + pid;
    }
}
