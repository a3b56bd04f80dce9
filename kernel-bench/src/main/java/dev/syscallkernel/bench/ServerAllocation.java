package dev.syscallkernel.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * What the server of the remote benchmarks allocates on its heap for each GiB: {@code -prof
 * dev.syscallkernel.bench.ServerAllocation}. Made and used by JMH, in the JVM of the client.
 */
public final class ServerAllocation implements InternalProfiler {
    /** The name of the result. */
    public static final String RESULT = "server.alloc";

    private @Nullable ServerProcess server; // null while there is none, before the first benchmark has begun
    private long before;

    @Override
    public String getDescription() {
        return "Allocation on the server's heap for each GiB that is moved";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        server = ServerProcess.latest();
        if (server != null) {
            before = allocatedBytes(server);
        }
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        String each = benchmark.getParam("mebibytes");
        if (each == null || server == null || server != ServerProcess.latest()) {
            return List.of(); // there is no server, or nothing is moved
        }
        long mebibytes = result.getMetadata().getAllOps() * Long.parseLong(each);
        double allocated = (double) (allocatedBytes(server) - before) / (1 << 20);
        return List.of(new ScalarResult(RESULT, allocated / mebibytes * 1024, "MiB/GiB", AggregationPolicy.AVG));
    }

    private static long allocatedBytes(ServerProcess server) {
        try {
            return server.allocatedBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
