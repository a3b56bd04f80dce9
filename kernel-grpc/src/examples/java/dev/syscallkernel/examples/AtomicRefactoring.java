package dev.syscallkernel.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;

/** Renames a word in all files of a directory, and a file with it: in all of them, or in none. */
public final class AtomicRefactoring {
    private AtomicRefactoring() {}

    /** Replaces the second argument by the third one in the directory that the first argument names. */
    public static void main(String[] args) {
        run(Path.of(args[0]), args[1], args[2], System.out);
    }

    static void run(Path directory, String from, String to, PrintStream out) {
        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            KernelProcess tool = kernel.createProcess(ProcessSpec.named("refactoring")
                    .mount("/src", directory, Access.READ_WRITE)
                    .grant(
                            Capability.READ_FILE,
                            Capability.WRITE_FILE,
                            Capability.CREATE_FILE,
                            Capability.LIST_DIRECTORY)
                    .build());
            ProcessBatch batch = tool.batch().atomic();
            for (DirectoryEntry entry : tool.execute(new ListDirectory("/src"))) {
                if (entry.stat().kind() == FileKind.REGULAR_FILE) {
                    refactor(tool, entry, from, to, batch);
                }
            }
            report(batch.execute(), out);
        }
    }

    private static void refactor(KernelProcess tool, DirectoryEntry entry, String from, String to, ProcessBatch batch) {
        String path = entry.stat().path();
        String text = decode(path, tool.execute(new ReadFile(path)));
        if (text.contains(from)) {
            batch.add(new WriteFile(path, text.replace(from, to).getBytes(UTF_8)));
        }
        if (entry.name().contains(from)) {
            String target = "/src/" + entry.name().replace(from, to);
            if (tool.execute(new FileExists(target))) { // moving would replace it
                throw new IllegalArgumentException(target + " exists already");
            }
            batch.add(new MoveFile(path, target));
        }
    }

    /** Refuses what is no text: to replace what cannot be decoded would damage it. */
    private static String decode(String path, byte[] bytes) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException binary) {
            throw new IllegalArgumentException(path + " is no UTF-8 text", binary);
        }
    }

    private static void report(BatchResult result, PrintStream out) {
        if (result.rolledBack()) {
            out.println("nothing was changed:");
        } else {
            out.println(result.successCount() + " changes");
        }
        for (SyscallOutcome outcome : result.outcomes()) {
            if (outcome instanceof SyscallOutcome.Failure failure) {
                out.println(failure.error().getMessage());
            }
        }
    }
}
