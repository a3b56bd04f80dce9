package dev.syscallkernel.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that starts programs, in words short enough for tests.
 *
 * @param process the process
 */
record Shell(KernelProcess process) {

    /** How a program ended, and what it wrote to both of its streams. */
    record Run(ExitStatus status, String output) {}

    /** A process that may do anything but use the network, with one directory of the host at {@code /w}. */
    static Shell in(SyscallKernel kernel, Path host) {
        return new Shell(kernel.createProcess(spec(host, Access.READ_WRITE).build()));
    }

    static ProcessSpec.Builder spec(Path host, Access access) {
        open(host);
        Set<Capability> capabilities = EnumSet.allOf(Capability.class);
        capabilities.remove(Capability.NETWORK_ACCESS);
        return ProcessSpec.named("shell")
                .level(SandboxLevel.PRIVILEGED)
                .grant(capabilities)
                .mount("/w", host, access);
    }

    /** Children of a kernel that runs as root are not root, and need the permissions of others. */
    static void open(Path directory) {
        try {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    static Command.Builder script(String text) {
        return Command.of("/bin/sh", "-c", text).workingDirectory("/w");
    }

    /** Starts a script and does not wait for it. */
    Pid start(String text) {
        return process.spawn(script(text).build()).pid();
    }

    Run run(String text) {
        return run(script(text).output(Command.Output.MERGED).build());
    }

    Run run(Command command) {
        Pid child = process.spawn(command).pid();
        String output = read(child, ProgramOutput.STDOUT);
        return new Run(process.await(child), output);
    }

    /** All that a child writes. */
    String read(Pid child, ProgramOutput output) {
        try (StreamingReader reader = process.output(child, output);
                InputStream in = reader.asInputStream()) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    /** Waits until a child has written this line, and leaves the rest where it is. */
    void awaitLine(Pid child, String line) {
        StringBuilder written = new StringBuilder();
        try (StreamingReader reader = process.output(child, ProgramOutput.STDOUT)) {
            while (written.indexOf(line + "\n") < 0) {
                if (!reader.next()) {
                    throw new AssertionError("ended without '" + line + "': " + written);
                }
                written.append(UTF_8.decode(reader.chunk()));
            }
        }
    }

    /** Waits until the main process of a child does this. */
    void awaitState(Pid child, ProcessState state) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        for (ProcessState now = state(child); now != state; now = state(child)) {
            if (now == ProcessState.EXITED || System.nanoTime() > deadline) {
                throw new AssertionError("is " + now + " and not " + state);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private ProcessState state(Pid child) {
        return process.execute(new GetProcessState(child));
    }
}
