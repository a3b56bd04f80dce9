package dev.syscallkernel.bench.soak;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * One of those who make the load: a process with a directory of its own, and the thread that works for it.
 *
 * @param directory what the process sees as {@code /w}
 * @param random where its choices come from, so that a run can be repeated
 */
record Guest(SyscallKernel kernel, KernelProcess process, Path directory, Random random) {

    static Guest in(SyscallKernel kernel, Path directory, Random random) {
        KernelProcess process = kernel.createProcess(spec(directory).build());
        return new Guest(kernel, process, directory, random);
    }

    static ProcessSpec.Builder spec(Path directory) {
        return ProcessSpec.named("soak")
                .mount("/w", directory, Access.READ_WRITE)
                .level(SandboxLevel.PRIVILEGED)
                .grant(EnumSet.of(
                        Capability.READ_FILE,
                        Capability.WRITE_FILE,
                        Capability.CREATE_FILE,
                        Capability.DELETE_FILE,
                        Capability.LIST_DIRECTORY,
                        Capability.SPAWN_PROCESS,
                        Capability.KILL_PROCESS,
                        Capability.TIME_ACCESS));
    }

    byte[] bytes(int most) {
        byte[] bytes = new byte[random.nextInt(most + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    static int checksum(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }

    /** A piece of random size of what is left in the buffer. */
    ByteBuffer piece(ByteBuffer rest) {
        int size = Math.min(rest.remaining(), 1 + random.nextInt(200_000));
        ByteBuffer piece = rest.slice().limit(size);
        rest.position(rest.position() + size);
        return piece;
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
