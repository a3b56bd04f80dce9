package dev.syscallkernel.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.PrintStream;
import java.nio.file.Path;

/** Gives a plugin a directory to work in, and nothing else. */
public final class Embedding {
    private Embedding() {}

    /** Works in the directory that the argument names. */
    public static void main(String[] args) {
        run(Path.of(args[0]), System.out);
    }

    static void run(Path directory, PrintStream out) {
        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            KernelProcess plugin = kernel.createProcess(ProcessSpec.named("plugin")
                    .mount("/workspace", directory, Access.READ_WRITE)
                    .grant(
                            Capability.READ_FILE,
                            Capability.WRITE_FILE,
                            Capability.CREATE_FILE,
                            Capability.LIST_DIRECTORY)
                    .build());

            plugin.execute(new WriteFile("/workspace/notes.txt", "hello".getBytes(UTF_8)));
            out.println(new String(plugin.execute(new ReadFile("/workspace/notes.txt")), UTF_8));
            for (DirectoryEntry entry : plugin.execute(new ListDirectory("/workspace"))) {
                out.println(entry.name() + ", " + entry.stat().size() + " bytes");
            }

            // Nobody granted DELETE_FILE, and nothing outside of the mount exists for the plugin.
            tryTo(() -> plugin.execute(new DeleteFile("/workspace/notes.txt")), out);
            tryTo(() -> plugin.execute(new ReadFile("/workspace/../../etc/passwd")), out);
        }
    }

    private static void tryTo(Runnable action, PrintStream out) {
        try {
            action.run();
        } catch (SyscallException refusal) {
            out.println(refusal.getMessage());
        }
    }
}
