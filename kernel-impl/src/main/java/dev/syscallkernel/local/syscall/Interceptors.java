package dev.syscallkernel.local.syscall;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import java.lang.System.Logger.Level;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The interceptors of a kernel, in their order. Thread-safe. */
final class Interceptors {
    private static final System.Logger LOG = System.getLogger(Interceptors.class.getName());

    private final List<SyscallInterceptor> all;

    Interceptors(List<SyscallInterceptor> all) {
        this.all = List.copyOf(all);
    }

    /** Asks each in turn; if one refuses, those that were asked before it hear how the call ended. */
    void before(Pid pid, Syscall<?> call) {
        for (int i = 0; i < all.size(); i++) {
            try {
                all.get(i).before(pid, call);
            } catch (RuntimeException | Error problem) {
                SyscallException refusal = Failures.of(problem, call);
                tell(all.subList(0, i), pid, call, refusal);
                throw refusal;
            }
        }
    }

    /** Tells all of them how the call ended. */
    void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
        tell(all, pid, call, failure);
    }

    private static void tell(
            List<SyscallInterceptor> audience, Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
        for (SyscallInterceptor interceptor : audience) {
            try {
                interceptor.after(pid, call, failure);
            } catch (RuntimeException | Error problem) {
                LOG.log(Level.WARNING, "An interceptor failed after " + call.name(), problem);
            }
        }
    }
}
