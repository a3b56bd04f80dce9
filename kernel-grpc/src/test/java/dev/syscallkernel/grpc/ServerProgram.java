package dev.syscallkernel.grpc;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.security.SandboxLevel;
import io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A server in a JVM of its own, with a directory at /w. Prints its address, and then, for every line it is sent, the
 * bytes that it keeps: on the heap, and outside of it.
 */
final class ServerProgram {
    private ServerProgram() {}

    /**
     * Serves until it is killed, or standard input ends.
     *
     * @param arguments the directory, and the state directory
     */
    public static void main(String[] arguments) throws IOException {
        try (LocalKernel kernel = LocalKernel.builder()
                        .stateDirectory(Path.of(arguments[1]))
                        .ceiling(SandboxLevel.PRIVILEGED)
                        .mount(new Mount.HostDirectory("/w", Path.of(arguments[0]), Access.READ_WRITE))
                        .build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .build()
                        .start()) {
            System.out.println(server.address());
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (questions.readLine() != null) {
                System.out.println(heap() + " " + direct());
            }
        }
    }

    /** What is in use on the heap of this JVM after a collection. */
    static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** What this JVM has allocated outside of it: by Java, and by Netty where that does not go through Java. */
    static long direct() {
        long java = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return PlatformDependent.useDirectBufferNoCleaner() ? java + PlatformDependent.usedDirectMemory() : java;
    }
}
