package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A JVM that ends as if killed while its kernel makes the changes of an atomic batch, after the first of them. */
final class HaltedBatch {
    static final int HALTED = 77;
    static final int FILES = 300;

    private HaltedBatch() {}

    /**
     * Executes the batch and halts.
     *
     * @param arguments the state directory, and that with the files {@code x0} and so on, each of one byte
     */
    public static void main(String[] arguments) {
        Path root = Path.of(arguments[1]);
        LocalKernel kernel =
                LocalKernel.builder().stateDirectory(Path.of(arguments[0])).build();
        KernelProcess process = kernel.createProcess(ProcessSpec.named("halted")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", root, Access.READ_WRITE)
                .build());
        ProcessBatch batch = process.batch().durable();
        for (int i = 0; i < FILES; i++) {
            batch.add(new WriteFile("/w/x" + i, "after".getBytes(UTF_8)));
        }
        Thread end = new Thread(() -> haltOnceChanged(root.resolve("x0")));
        end.setDaemon(true);
        end.start();
        batch.execute();
        kernel.close();
    }

    private static void haltOnceChanged(Path file) {
        try {
            while (Files.size(file) == 1) {
                Thread.onSpinWait();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Runtime.getRuntime().halt(HALTED);
    }
}
