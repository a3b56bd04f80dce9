package dev.syscallkernel.local;

import com.sun.management.OperatingSystemMXBean;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.system.SystemInfo;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The work of the syscalls that are more than an access to a field. */
final class SystemHandlers {
    private final Timers timers;

    SystemHandlers(Timers timers) {
        this.timers = timers;
    }

    CompletableFuture<@Nullable Void> sleep(LogicalProcess process, SyscallContext context, Sleep call) {
        CompletableFuture<@Nullable Void> awake = new CompletableFuture<>();
        context.progress().lasts(call.duration());
        Future<?> timer = timers.after(call.duration(), () -> awake.complete(null));
        context.cancellation().onCancel(() -> {
            timer.cancel(false);
            try {
                context.throwIfCancelled();
            } catch (RuntimeException reason) {
                awake.completeExceptionally(reason);
            }
        });
        return awake;
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
