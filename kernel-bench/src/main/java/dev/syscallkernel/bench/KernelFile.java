package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import java.nio.ByteBuffer;

/** Streams from and to a kernel's {@value #MOUNT}, in-process or remote. */
final class KernelFile {
    static final String MOUNT = "/w";

    private final KernelProcess process;

    private KernelFile(KernelProcess process) {
        this.process = process;
    }

    /** Through a new process of a kernel that mounts the directory. */
    static KernelFile of(SyscallKernel kernel) {
        return new KernelFile(kernel.createProcess(ProcessSpec.named("bench")
                .grant(Capability.READ_FILE, Capability.WRITE_FILE, Capability.CREATE_FILE)
                .build()));
    }

    /** Reads a file to its end, and sums the first byte of each chunk. */
    long read(String name, int chunkSize) {
        long sum = 0;
        try (StreamingReader reader = process.read(MOUNT + "/" + name, ReadOptions.DEFAULT.withChunkSize(chunkSize))) {
            while (reader.next()) {
                sum += reader.chunk().get(0);
            }
        }
        return sum;
    }

    /** Writes a chunk again and again, and publishes the file. */
    long write(String name, ByteBuffer chunk, long bytes) {
        try (StreamingWriter writer = process.write(MOUNT + "/" + name)) {
            for (long sent = 0; sent < bytes; sent += chunk.capacity()) {
                writer.write(chunk.clear());
            }
            return writer.commit().totalBytes();
        }
    }
}
