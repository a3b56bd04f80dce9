package dev.syscallkernel.bench;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.grpc.RemoteKernel;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A file, and a server in another JVM that reads and writes it for the kernel's client and for the baseline's. */
@State(Scope.Benchmark)
public class RemoteFile {
    @Param("1024")
    public int mebibytes;

    @Param({"4096", "65536", "262144", "1048576", "4194304"})
    public int chunkSize;

    /** The heap of the server's JVM, as after {@code -Xmx}. */
    @Param("1g")
    public String serverHeap = "";

    private TestFile file;
    private SyscallKernel remote;
    ServerProcess server;
    KernelFile kernel;
    PlainClient plain;
    ByteBuffer chunk;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        file = TestFile.create(bytes());
        server = ServerProcess.start(file.directory(), "-Xmx" + serverHeap);
        remote = RemoteKernel.connect(server.kernelAddress());
        kernel = KernelFile.of(remote);
        plain = new PlainClient(server.plainAddress());
        plain.connect();
        chunk = TestFile.randomBytes(chunkSize);
    }

    long bytes() {
        return (long) mebibytes << 20;
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        plain.close();
        remote.close();
        server.close();
        file.close();
    }
}
