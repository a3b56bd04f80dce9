package dev.syscallkernel.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.GetWorkingDirectory;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.SetWorkingDirectory;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import java.util.List;
import java.util.Set;

/**
 * A process with files, in words short enough for tests.
 *
 * @param process the process
 */
record Guest(KernelProcess process) {

    /** The capabilities that concern files. */
    static final Set<Capability> FILES = Set.of(
            Capability.READ_FILE,
            Capability.WRITE_FILE,
            Capability.CREATE_FILE,
            Capability.DELETE_FILE,
            Capability.LIST_DIRECTORY);

    static final Sandbox SANDBOX = Sandbox.NOTHING.withCapabilities(FILES);

    /** A process that may do anything with files, in one directory of the host. */
    static Guest in(SyscallKernel kernel, String mountPoint, HostTree tree) {
        return with(kernel, ProcessSpec.named("guest").mount(mountPoint, tree.root(), Access.READ_WRITE));
    }

    /** A process that may do anything with files. */
    static Guest with(SyscallKernel kernel, ProcessSpec.Builder spec) {
        return new Guest(kernel.createProcess(
                spec.level(SandboxLevel.STANDARD).grant(FILES).build()));
    }

    String read(String path) {
        return new String(process.execute(new ReadFile(path)), UTF_8);
    }

    void write(String path, String content) {
        process.execute(new WriteFile(path, content.getBytes(UTF_8)));
    }

    void create(String path) {
        process.execute(new CreateFile(path));
    }

    void delete(String path) {
        process.execute(new DeleteFile(path));
    }

    void makeDirectory(String path) {
        process.execute(new CreateDirectory(path));
    }

    void removeDirectory(String path) {
        process.execute(new RemoveDirectory(path));
    }

    List<DirectoryEntry> entries(String path) {
        return process.execute(new ListDirectory(path));
    }

    /** The names in a directory. */
    List<String> list(String path) {
        return entries(path).stream().map(DirectoryEntry::name).toList();
    }

    boolean exists(String path) {
        return process.execute(new FileExists(path));
    }

    FileStat stat(String path) {
        return process.execute(new StatFile(path));
    }

    void move(String source, String destination) {
        process.execute(new MoveFile(source, destination));
    }

    void copy(String source, String destination) {
        process.execute(new CopyFile(source, destination));
    }

    void truncate(String path, long size) {
        process.execute(new TruncateFile(path, size));
    }

    void workIn(String path) {
        process.execute(new SetWorkingDirectory(path));
    }

    String workingDirectory() {
        return process.execute(new GetWorkingDirectory());
    }
}
