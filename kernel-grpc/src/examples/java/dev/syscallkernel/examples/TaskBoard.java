package dev.syscallkernel.examples;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskStatus;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Submits work of all kinds, cancels some of it, and shows what becomes of each. */
public final class TaskBoard {
    private TaskBoard() {}

    /** Copies the file that the second argument names, in the directory that the first one names. */
    public static void main(String[] args) {
        run(Path.of(args[0]), args[1], System.out);
    }

    static void run(Path directory, String file, PrintStream out) {
        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            KernelProcess worker = kernel.createProcess(ProcessSpec.named("worker")
                    .mount("/work", directory, Access.READ_WRITE)
                    .grant(Capability.READ_FILE, Capability.WRITE_FILE, Capability.CREATE_FILE, Capability.TIME_ACCESS)
                    .build());

            TaskHandle<?> copy = worker.submit(new CopyFile("/work/" + file, "/work/" + file + ".copy"), Priority.HIGH);
            TaskHandle<?> nap = worker.submit(new Sleep(Duration.ofHours(1)), Priority.LOW); // holds no thread
            TaskHandle<?> wrong = worker.submit(new CopyFile("/work/missing", "/work/never"), Priority.NORMAL);
            nap.cancel();

            for (TaskHandle<?> task : List.of(copy, nap, wrong)) {
                awaitEnd(task);
            }
            for (TaskStatus status : kernel.tasks().list(TaskQuery.ALL).tasks()) {
                out.printf(
                        Locale.ROOT,
                        "%-9s %-9s %3.0f %% %s %s%n",
                        status.syscall(),
                        status.state(),
                        100 * status.progress(),
                        status.subject(),
                        status.failure() == null ? "" : status.failure().reason());
            }
        }
    }

    private static void awaitEnd(TaskHandle<?> task) {
        try {
            task.await(Duration.ofMinutes(1));
        } catch (SyscallException failed) {
            // Its status tells.
        }
    }
}
