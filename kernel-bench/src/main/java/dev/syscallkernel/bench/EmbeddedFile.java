package dev.syscallkernel.bench;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.LocalKernel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A file, and a kernel in this JVM that reads and writes it. */
@State(Scope.Benchmark)
public class EmbeddedFile {
    @Param("1024")
    public int mebibytes;

    @Param({"1024", "4096", "65536", "262144", "1048576", "4194304"})
    public int chunkSize;

    private TestFile file;
    private LocalKernel local;
    KernelFile kernel;
    ByteBuffer chunk;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        file = TestFile.create(bytes());
        local = LocalKernel.builder()
                .mount(new Mount.HostDirectory(KernelFile.MOUNT, file.directory(), Access.READ_WRITE))
                .build();
        kernel = KernelFile.of(local);
        chunk = TestFile.randomBytes(chunkSize);
    }

    long bytes() {
        return (long) mebibytes << 20;
    }

    Path host(String name) {
        return file.directory().resolve(name);
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        local.close();
        file.close();
    }
}
