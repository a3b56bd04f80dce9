package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Small operations on files, and what is checked of batches of them. */
final class BatchState {
    private BatchState() {}

    static ProcessSpec process() {
        return ProcessSpec.named("bench")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build();
    }

    static List<Syscall<?>> calls(int count, IntFunction<Syscall<?>> call) {
        return IntStream.range(0, count).<Syscall<?>>mapToObj(call).toList();
    }

    static Batch batch(KernelProcess process, List<Syscall<?>> calls, Batch.Mode mode) {
        Batch.Builder batch = Batch.builder().mode(mode);
        calls.forEach(call -> batch.add(process.pid(), call));
        return batch.build();
    }

    /** What fails is not worth measuring. */
    static int requireSuccess(BatchResult result) {
        if (result.successCount() != result.outcomes().size()) {
            throw new IllegalStateException("failed: " + result);
        }
        return result.successCount();
    }
}
