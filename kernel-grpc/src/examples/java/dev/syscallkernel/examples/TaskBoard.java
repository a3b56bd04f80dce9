package dev.syscallkernel.examples;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskStatus;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Submits work of all kinds, cancels some of it, and shows on a board how each goes on, drawn anew whenever one does. */
public final class TaskBoard {
    private final PrintStream out;
    private final boolean terminal;
    private final Map<String, TaskStatus> lines = new LinkedHashMap<>(); // guarded by this

    private TaskBoard(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Copies the file that the second argument names, in the directory that the first one names. With a third argument the
     * kernel of the server at that address does it, which must allow the directory by {@code --allow-mount}.
     */
    public static void main(String[] args) {
        try (SyscallKernel kernel = args.length > 2
                ? RemoteKernel.connect(args[2])
                : LocalKernel.builder().build()) {
            run(kernel, Path.of(args[0]).toAbsolutePath(), args[1], System.out, System.getenv("TERM") != null);
        }
    }

    static void run(SyscallKernel kernel, Path directory, String file, PrintStream out, boolean terminal) {
        KernelProcess worker = kernel.createProcess(ProcessSpec.named("worker")
                .mount("/work", directory, Access.READ_WRITE)
                .grant(Capability.READ_FILE, Capability.WRITE_FILE, Capability.CREATE_FILE, Capability.TIME_ACCESS)
                .build());
        try {
            TaskHandle<?> copy = worker.submit(new CopyFile("/work/" + file, "/work/" + file + ".copy"), Priority.HIGH);
            TaskHandle<?> nap = worker.submit(new Sleep(Duration.ofHours(1)), Priority.LOW); // holds no thread
            TaskHandle<?> wrong = worker.submit(new CopyFile("/work/missing", "/work/never"), Priority.NORMAL);
            TaskBoard board = new TaskBoard(out, terminal);
            for (TaskHandle<?> task : List.of(copy, nap, wrong)) {
                board.show(task.status());
                task.onProgress(board::show); // at most ten times a second, and at every change
            }
            nap.cancel();
            for (TaskHandle<?> task : List.of(copy, nap, wrong)) {
                awaitEnd(task);
                board.show(task.status());
            }
        } finally {
            worker.terminate();
        }
    }

    /** Keeps the latest status of a task, and draws all. An older one may come late, and changes nothing. */
    private synchronized void show(TaskStatus status) {
        TaskStatus before = lines.get(status.id().toString());
        if (before != null && before.state().isEnded()) {
            return;
        }
        boolean redraw = terminal && !lines.isEmpty();
        int drawn = lines.size();
        lines.put(status.id().toString(), status);
        if (redraw) {
            out.print("\033[" + drawn + "A\033[J"); // up to the first line, and clear
        }
        if (terminal) {
            lines.values().forEach(this::draw);
        } else {
            draw(status); // into a file: a line for each change
        }
        out.flush();
    }

    private void draw(TaskStatus status) {
        out.printf(
                Locale.ROOT,
                "%-9s %-9s %3.0f %% %s %s%n",
                status.syscall(),
                status.state(),
                100 * status.progress(),
                status.subject(),
                status.failure() == null ? "" : status.failure().reason());
    }

    private static void awaitEnd(TaskHandle<?> task) {
        try {
            task.await(Duration.ofMinutes(1));
        } catch (SyscallException failed) {
            // Its status tells.
        }
    }
}
