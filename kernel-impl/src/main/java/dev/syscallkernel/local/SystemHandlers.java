package dev.syscallkernel.local;

import com.sun.management.OperatingSystemMXBean;
import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.system.SystemInfo;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The work of the syscalls that are more than an access to a field. */
final class SystemHandlers {
    private final Timers timers;

    SystemHandlers(Timers timers) {
        this.timers = timers;
    }

    void sleep(LogicalProcess process, SyscallContext context, Sleep call, Answer<@Nullable Void> answer) {
        context.progress().lasts(call.duration());
        Sleeper sleeper = new Sleeper(context, answer);
        sleeper.timer = timers.handingOver(call.duration(), sleeper);
        context.cancellation().onCancel(sleeper);
    }

    /** A sleep under way, which is true once it is over; an object that is all of it, since there can be very many. */
    private static final class Sleeper extends AtomicBoolean implements Callable<@Nullable Void>, Runnable {
        private static final long serialVersionUID = 1L;

        private final transient SyscallContext context;
        private final transient Answer<@Nullable Void> answer;
        private transient @Nullable Future<?> timer; // written before anybody can cancel

        private Sleeper(SyscallContext context, Answer<@Nullable Void> answer) {
            this.context = context;
            this.answer = answer;
        }

        /** Its time has come. */
        @Override
        public @Nullable Void call() {
            if (compareAndSet(false, true)) {
                answer.complete(null, null);
            }
            return null;
        }

        /** It was cancelled. */
        @Override
        public void run() {
            if (timer != null) {
                timer.cancel(false);
            }
            CancellationToken.Reason reason = context.cancellation().reason();
            if (reason != null && compareAndSet(false, true)) {
                answer.complete(null, context.failure(reason.code(), reason.text()));
            }
        }
    }

    static SystemInfo systemInfo() {
        long total = 0;
        long free = 0;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean memory) {
            total = memory.getTotalMemorySize();
            free = memory.getFreeMemorySize();
        }
        return new SystemInfo(
                System.getProperty("os.name", ""),
                System.getProperty("os.version", ""),
                System.getProperty("os.arch", ""),
                Runtime.getRuntime().availableProcessors(),
                total,
                free,
                KernelVersion.CURRENT);
    }
}
