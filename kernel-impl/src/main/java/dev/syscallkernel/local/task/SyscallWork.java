package dev.syscallkernel.local.task;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
import dev.syscallkernel.local.call.MemoryUse;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.SyscallDispatcher;
import org.jspecify.annotations.Nullable;

/** A syscall, which goes the way of all others once its turn has come. */
record SyscallWork<R extends @Nullable Object>(SyscallDispatcher dispatcher, LogicalProcess process, Syscall<R> call)
        implements Work<R> {
    @Override
    public String name() {
        return call.name();
    }

    @Override
    public String subject() {
        return call.subject();
    }

    @Override
    public Object request() {
        return call;
    }

    @Override
    public long size() {
        return MemoryUse.of(call);
    }

    @Override
    public void start(CallControl control, Answer<R> answer) {
        dispatcher.start(process, call, control, answer);
    }
}
