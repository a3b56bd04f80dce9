package dev.syscallkernel.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Scanner;
import java.util.function.Predicate;

/** Lets an agent delete only what a human agrees to. */
public final class AskBeforeDeleting {
    private AskBeforeDeleting() {}

    /** Works in the directory that the argument names, and asks on the terminal. */
    public static void main(String[] args) {
        Scanner terminal = new Scanner(System.in, UTF_8);
        run(
                Path.of(args[0]),
                question -> {
                    System.out.print(question + " [y/N] ");
                    return terminal.hasNextLine() && terminal.nextLine().equals("y");
                },
                System.out);
    }

    static void run(Path directory, Predicate<String> human, PrintStream out) {
        try (SyscallKernel kernel =
                LocalKernel.builder().interceptor(new Asking(human)).build()) {
            KernelProcess agent = kernel.createProcess(ProcessSpec.named("agent")
                    .mount("/", directory, Access.READ_WRITE)
                    .grant(Capability.CREATE_FILE, Capability.DELETE_FILE)
                    .build());
            for (String path : new String[] {"/draft.txt", "/thesis.txt"}) {
                agent.execute(new CreateFile(path));
                try {
                    agent.execute(new DeleteFile(path));
                    out.println(path + " is deleted");
                } catch (SyscallException refusal) {
                    out.println(refusal.getMessage());
                }
            }
        }
    }

    /** Sees every call after the sandbox has allowed it, in whichever mode it was made. */
    private record Asking(Predicate<String> human) implements SyscallInterceptor {
        @Override
        public void before(Pid pid, Syscall<?> call) {
            boolean deletes = call instanceof DeleteFile || call instanceof RemoveDirectory;
            if (deletes && !human.test("May process " + pid + " delete " + call.subject() + "?")) {
                throw new SyscallException(
                        ErrorCode.PERMISSION_DENIED, call.name(), call.subject(), "nobody agreed to delete it");
            }
        }
    }
}
