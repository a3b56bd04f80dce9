package dev.syscallkernel.local;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A handle to a process of a {@link LocalKernel}. */
final class LocalProcess implements KernelProcess {
    private final LocalKernel kernel;
    private final LogicalProcess process;

    LocalProcess(LocalKernel kernel, LogicalProcess process) {
        this.kernel = kernel;
        this.process = process;
    }

    @Override
    public Pid pid() {
        return process.pid();
    }

    @Override
    public ProcessInfo info() {
        return process.info();
    }

    @Override
    public <R extends @Nullable Object> R execute(Syscall<R> call) {
        return kernel.dispatcher().execute(process, call, CallControl.NONE);
    }

    @Override
    public <R extends @Nullable Object> R execute(Syscall<R> call, Duration timeout) {
        return kernel.dispatcher().execute(process, call, CallControl.within(requireNonNull(timeout, "timeout")));
    }

    @Override
    public <R extends @Nullable Object> CompletableFuture<R> executeAsync(Syscall<R> call, Duration timeout) {
        return kernel.dispatcher().start(process, call, CallControl.within(requireNonNull(timeout, "timeout")));
    }

    @Override
    public <R extends @Nullable Object> TaskHandle<R> submit(Syscall<R> call, TaskOptions options) {
        return kernel.submit(process, call, options);
    }

    @Override
    public ProcessBatch batch() {
        return new ProcessBatch(process.pid(), kernel.batches());
    }

    @Override
    public void updateSandbox(Sandbox sandbox) {
        kernel.updateSandbox(process, sandbox);
    }

    @Override
    public boolean terminate() {
        return kernel.terminate(pid());
    }

    @Override
    public String toString() {
        return "process " + pid() + " (" + process.spec().name() + ")";
    }
}
