package dev.syscallkernel.bench;

import com.sun.management.ThreadMXBean;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.local.LocalKernel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The server's side of the remote benchmarks, in a JVM of its own: a kernel, and the baseline beside it. */
final class BenchServer {
    private BenchServer() {}

    /**
     * Serves the directory until standard input ends. Prints the addresses of the kernel and of the baseline, and then,
     * for each line that it reads, how many bytes the threads that are alive have allocated on the heap so far.
     */
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        ExecutorService readers = Executors.newCachedThreadPool();
        Server plain = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new PlainService(directory, readers))
                .maxInboundMessageSize(PlainClient.MAX_MESSAGE_BYTES)
                .build()
                .start();
        try (LocalKernel kernel = LocalKernel.builder()
                        .mount(new Mount.HostDirectory(KernelFile.MOUNT, directory, Access.READ_WRITE))
                        .build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start()) {
            System.out.println(server.address() + " 127.0.0.1:" + plain.getPort());
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (questions.readLine() != null) {
                System.out.println(allocatedBytes());
            }
        } finally {
            plain.shutdownNow();
            readers.shutdownNow();
        }
    }

    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(bytes -> bytes > 0) // a thread that has just ended has -1
                .sum();
    }
}
