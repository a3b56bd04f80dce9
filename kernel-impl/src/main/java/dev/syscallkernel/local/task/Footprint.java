package dev.syscallkernel.local.task;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.call.MemoryUse;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** About how much memory requests and results take, in bytes. */
final class Footprint {
    /** A small object with a few fields, or a task itself with its place in the tables. */
    static final long OBJECT = 256;

    private Footprint() {}

    static long ofRequest(Syscall<?> call) {
        long bytes = OBJECT + 2L * call.subject().length();
        if (call instanceof WriteFile write) {
            bytes += write.data().remaining();
        } else if (call instanceof SetEnvVar variable) {
            bytes += 2L * variable.value().length();
        }
        return bytes;
    }

    static long ofResult(@Nullable Object result) {
        if (result instanceof byte[] content) {
            return content.length;
        }
        if (result instanceof CharSequence text) {
            return 2L * text.length();
        }
        if (result instanceof BatchResult) {
            return MemoryUse.ofResult(result);
        }
        return result instanceof Collection<?> all ? all.size() * OBJECT : 0;
    }
}
