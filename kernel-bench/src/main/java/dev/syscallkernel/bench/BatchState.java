package dev.syscallkernel.bench;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Small operations on files that exist, and what is checked of batches of them. */
final class BatchState {
    private static final byte[] CONTENT = new byte[100];

    private BatchState() {}

    static ProcessSpec process() {
        return ProcessSpec.named("bench")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build();
    }

    /** Makes the files that the operations are about. */
    static void createFiles(Path directory, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Files.write(directory.resolve("f" + i), CONTENT);
        }
    }

    /** A mix: to ask for a file, to read its attributes, to read and to write it, each of another file. */
    static List<Syscall<?>> mixed(int count) {
        return calls(count, i -> switch (i % 4) {
            case 0 -> new FileExists(path(i));
            case 1 -> new StatFile(path(i));
            case 2 -> new ReadFile(path(i));
            default -> new WriteFile(path(i), CONTENT);
        });
    }

    static List<Syscall<?>> writes(int count) {
        return calls(count, i -> new WriteFile(path(i), CONTENT));
    }

    private static String path(int number) {
        return KernelFile.MOUNT + "/f" + number;
    }

    static List<Syscall<?>> calls(int count, IntFunction<Syscall<?>> call) {
        return IntStream.range(0, count).<Syscall<?>>mapToObj(call).toList();
    }

    static Batch batch(KernelProcess process, List<Syscall<?>> calls, Batch.Mode mode) {
        Batch.Builder batch = Batch.builder().mode(mode);
        calls.forEach(call -> batch.add(process.pid(), call));
        return batch.build();
    }

    /** One after the other, each in a call of its own. */
    static int one(KernelProcess process, List<Syscall<?>> calls) {
        int count = 0;
        for (Syscall<?> call : calls) {
            process.execute(call); // what fails throws
            count++;
        }
        return count;
    }

    /** What fails is not worth measuring. */
    static int requireSuccess(BatchResult result) {
        if (result.successCount() != result.outcomes().size()) {
            throw new IllegalStateException("failed: " + result);
        }
        return result.successCount();
    }
}
