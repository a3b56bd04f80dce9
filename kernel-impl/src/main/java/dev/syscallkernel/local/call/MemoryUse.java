package dev.syscallkernel.local.call;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** About how many bytes of memory requests and results take. */
public final class MemoryUse {
    /** A small object with a few fields. */
    private static final long OBJECT = 256;

    private MemoryUse() {}

    public static long ofRequest(Syscall<?> call) {
        long bytes = OBJECT + 2L * call.subject().length();
        if (call instanceof WriteFile write) {
            bytes += write.data().remaining();
        } else if (call instanceof SetEnvVar variable) {
            bytes += 2L * variable.value().length();
        }
        return bytes;
    }

    public static long ofResult(@Nullable Object result) {
        if (result == null || result instanceof Boolean || result instanceof Number) {
            return 0;
        }
        if (result instanceof byte[] content) {
            return content.length;
        }
        if (result instanceof CharSequence text) {
            return 2L * text.length();
        }
        if (result instanceof Collection<?> all) {
            return all.stream().mapToLong(MemoryUse::ofResult).sum();
        }
        if (result instanceof Map<?, ?> map) {
            return ofResult(map.keySet()) + ofResult(map.values());
        }
        if (result instanceof Optional<?> optional) {
            return ofResult(optional.orElse(null));
        }
        if (result instanceof BatchResult batch) {
            return batch.calls().stream()
                            .mapToLong(call -> OBJECT + 2L * call.subject().length())
                            .sum()
                    + batch.outcomes().stream().mapToLong(MemoryUse::ofOutcome).sum();
        }
        return OBJECT;
    }

    private static long ofOutcome(SyscallOutcome outcome) {
        return outcome instanceof SyscallOutcome.Success success ? ofResult(success.value()) : OBJECT;
    }
}
