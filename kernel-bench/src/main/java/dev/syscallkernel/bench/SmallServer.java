package dev.syscallkernel.bench;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.bench.report.Figure;
import dev.syscallkernel.bench.report.Measurement;
import dev.syscallkernel.bench.report.Row;
import dev.syscallkernel.grpc.RemoteKernel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether a server with a heap of 64 MiB reads and writes a file that is far larger, and what it allocates. */
final class SmallServer implements Measurement {
    private static final int CHUNK = 64 << 10;
    private static final double MOST_ALLOCATION = 100;

    @Override
    public String what() {
        return "server with a small heap";
    }

    private interface Transfer {
        long move();
    }

    @Override
    public List<Row> measure(boolean quick) throws IOException {
        int mebibytes = quick ? 128 : 1024;
        long bytes = (long) mebibytes << 20;
        Map<String, String> size = Map.of("mebibytes", Integer.toString(mebibytes));
        List<Row> rows = new ArrayList<>();
        try (TestFile file = TestFile.create(bytes);
                ServerProcess server = ServerProcess.start(file.directory(), "-Xmx64m");
                SyscallKernel remote = RemoteKernel.connect(server.kernelAddress())) {
            KernelFile kernel = KernelFile.of(remote);
            ByteBuffer chunk = TestFile.randomBytes(CHUNK);
            rows.addAll(row("read from", size, server, bytes, () -> kernel.read(TestFile.NAME, CHUNK)));
            rows.addAll(row("written to", size, server, bytes, () -> kernel.write(TestFile.WRITTEN, chunk, bytes)));
        }
        return rows;
    }

    private static List<Row> row(
            String what, Map<String, String> size, ServerProcess server, long bytes, Transfer transfer)
            throws IOException {
        transfer.move(); // warms up
        long before = server.allocatedBytes();
        long begin = System.nanoTime();
        transfer.move(); // fails if the server runs out of memory
        double seconds = (System.nanoTime() - begin) / 1e9;
        double allocated = (double) (server.allocatedBytes() - before) / bytes * 1024;
        String title = "a file " + what + " a server with -Xmx64m";
        return List.of(
                Row.of(title, size, new Figure(bytes / seconds / 1e9, "GB/s")),
                Row.of(title + ": heap that it allocates for each GiB", size, new Figure(allocated, "MiB"))
                        .atMost(MOST_ALLOCATION));
    }
}
