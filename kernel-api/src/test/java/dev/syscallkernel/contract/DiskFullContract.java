package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.stream.WriteOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writing more than the disk has room for. */
@Timeout(60)
public abstract class DiskFullContract extends KernelContract {
    private static final int MIB = 1 << 20;

    private SmallDisk disk;
    private KernelProcess process;
    private byte[] old;

    @BeforeEach
    void prepare() throws Exception {
        disk = SmallDisk.at(host.resolve("small"));
        old = new byte[MIB];
        new Random(4).nextBytes(old);
        Files.write(host.resolve("small/f"), old);
        process = kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            disk.close();
        }
    }

    /** Writes eight times as much as there is room for, in pieces of which the last one that fits does so by halves. */
    private void overfill(WriteOptions options) {
        try (StreamingWriter writer = process.write("/w/small/f", options)) {
            for (int i = 0; i < 80; i++) {
                writer.write(ByteBuffer.allocate(300_000));
            }
            writer.commit();
        }
    }

    private boolean isAsBefore() throws IOException {
        try (Stream<Path> files = Files.list(host.resolve("small"))) {
            List<String> names =
                    files.map(file -> file.getFileName().toString()).toList();
            return names.equals(List.of("f")) && Arrays.equals(Files.readAllBytes(host.resolve("small/f")), old);
        }
    }

    /** Taking back what a failed remote stream wrote takes a moment. */
    private void awaitAsBefore() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!isAsBefore() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(isAsBefore()).as("the old file, and nothing else").isTrue();
    }

    @Test
    void aFullDiskLeavesTheOldFileWholeAndNothingElse() throws IOException {
        SyscallException full = assertFails(ErrorCode.NO_SPACE, () -> overfill(WriteOptions.DEFAULT));
        assertThat(full.subject()).isEqualTo("/w/small/f");
        awaitAsBefore();
        // So there is room again for what fits.
        try (StreamingWriter writer = process.write("/w/small/f")) {
            writer.write(ByteBuffer.allocate(2 * MIB));
            writer.commit();
        }
        assertThat(host.resolve("small/f")).hasSize(2 * MIB);
    }

    @Test
    void anAppendThatFillsTheDiskIsCutBack() throws IOException {
        assertFails(ErrorCode.NO_SPACE, () -> overfill(WriteOptions.DEFAULT.withMode(WriteMode.APPEND)));
        awaitAsBefore();
    }
}
