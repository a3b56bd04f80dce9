package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.bench.report.Figure;
import dev.syscallkernel.bench.report.Measurement;
import dev.syscallkernel.bench.report.Row;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What threads a parallel batch takes whose calls wait: not one for each. */
final class WaitingBatch implements Measurement {
    @Override
    public String what() {
        return "waiting batch";
    }

    @Override
    public List<Row> measure(boolean quick) throws Exception {
        List<Row> rows = new ArrayList<>();
        for (int entries : new int[] {10, 100, 1000}) {
            rows.add(threads(entries));
        }
        return rows;
    }

    private static Row threads(int entries) throws Exception {
        KernelThreadCount threads = new KernelThreadCount();
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            KernelProcess process = kernel.createProcess(BatchState.process());
            List<Syscall<?>> sleeps = BatchState.calls(entries, i -> new Sleep(Duration.ofMillis(500)));
            CompletableFuture<Integer> batch = CompletableFuture.supplyAsync(() -> BatchState.requireSuccess(
                    kernel.batches().execute(BatchState.batch(process, sleeps, Batch.Mode.PARALLEL))));
            int most = 0;
            while (!batch.isDone()) {
                most = Math.max(most, threads.now());
                Thread.sleep(5);
            }
            batch.get(1, TimeUnit.MINUTES);
            return Row.of(
                            "threads of a kernel while a parallel batch sleeps",
                            Map.of("operations", Integer.toString(entries)),
                            new Figure(most, "threads"))
                    .atMost(KernelThreadCount.MOST);
        }
    }
}
