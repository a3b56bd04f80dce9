package dev.syscallkernel.local;

import static dev.syscallkernel.security.Capability.CREATE_FILE;
import static dev.syscallkernel.security.Capability.DELETE_FILE;
import static dev.syscallkernel.security.Capability.KILL_PROCESS;
import static dev.syscallkernel.security.Capability.LIST_DIRECTORY;
import static dev.syscallkernel.security.Capability.READ_FILE;
import static dev.syscallkernel.security.Capability.SPAWN_PROCESS;
import static dev.syscallkernel.security.Capability.SYSTEM_INFO;
import static dev.syscallkernel.security.Capability.TIME_ACCESS;
import static dev.syscallkernel.security.Capability.WRITE_FILE;

import dev.syscallkernel.Syscall;
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
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.child.Children;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.process.LogicalProcess;
import dev.syscallkernel.local.process.Resources;
import dev.syscallkernel.local.stream.FileReader;
import dev.syscallkernel.local.stream.Uploads;
import dev.syscallkernel.local.syscall.Handler;
import dev.syscallkernel.local.syscall.SyscallTable;
import dev.syscallkernel.process.ProcessSyscall.GetProcessInfo;
import dev.syscallkernel.process.ProcessSyscall.GetProcessList;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessStats;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.SendSignal;
import dev.syscallkernel.process.ProcessSyscall.SetProcessPriority;
import dev.syscallkernel.process.ProcessSyscall.SpawnProcess;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.GetEnvVar;
import dev.syscallkernel.system.SystemSyscall.GetSystemInfo;
import dev.syscallkernel.system.SystemSyscall.GetUptime;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The table of this kernel: for each syscall the capabilities it needs and the handler that does it. */
final class SyscallHandlers {
    private SyscallHandlers() {}

    static SyscallTable table(
            SystemHandlers system, Uploads uploads, Children children, Clock clock, Supplier<Duration> uptime) {
        SyscallTable.Builder table = new SyscallTable.Builder();
        addFiles(table);
        addDirectories(table);
        addSystem(table, system, clock, uptime);
        addStreams(table, uploads);
        addProcesses(table, children);
        return table.build();
    }

    private static void addStreams(SyscallTable.Builder table, Uploads uploads) {
        table.holding(
                        Resources.Kind.STREAM,
                        OpenReader.class,
                        Set.of(READ_FILE),
                        (p, x, c) -> FileReader.open(x, p.files().openForReading(x, c.path()), c.options()))
                .holding(
                        Resources.Kind.STREAM,
                        OpenWriter.class,
                        // Creating a file where there was none also needs CREATE_FILE, as for a plain write.
                        Set.of(WRITE_FILE),
                        (p, x, c) -> uploads.open(
                                x,
                                p.pid(),
                                p.files(),
                                c,
                                () -> p.resources().take(Resources.Kind.UPLOAD, x.limits(), c)))
                .immediate(
                        GetUploadStatus.class,
                        Set.of(WRITE_FILE),
                        (p, x, c) -> uploads.status(x, p.pid(), c.uploadId()));
    }

    private static void addProcesses(SyscallTable.Builder table, Children children) {
        // Whom a call may concern shows only when it is known who asks.
        table.holding(
                        Resources.Kind.CHILD,
                        SpawnProcess.class,
                        Set.of(SPAWN_PROCESS),
                        (p, x, c) -> children.spawn(p, x, c.command()))
                .deferred(KillProcess.class, Set.of(KILL_PROCESS), later(children::kill))
                .deferred(WaitProcess.class, Set.of(), later(children::await))
                .immediate(SendSignal.class, Set.of(KILL_PROCESS), nothing(children::signal))
                .immediate(SetProcessPriority.class, Set.of(), nothing(children::changePriority))
                .immediate(GetProcessInfo.class, Set.of(), (p, x, c) -> children.info(p, x, c.target()))
                .immediate(GetProcessList.class, Set.of(), (p, x, c) -> children.list(p))
                .immediate(GetProcessState.class, Set.of(), (p, x, c) -> children.state(p, x, c.target()))
                .immediate(GetProcessStats.class, Set.of(), (p, x, c) -> children.stats(p, x, c.target()))
                .holding(Resources.Kind.STREAM, OpenProcessOutput.class, Set.of(SPAWN_PROCESS), children::output)
                .holding(Resources.Kind.STREAM, OpenProcessInput.class, Set.of(SPAWN_PROCESS), children::input);
    }

    private static void addFiles(SyscallTable.Builder table) {
        table.immediate(
                        ReadFile.class,
                        Set.of(READ_FILE),
                        (p, x, c) -> p.files().readFile(x, c.path()))
                // Creating a file where there was none also needs CREATE_FILE, which shows only in the walk.
                .immediate(WriteFile.class, Set.of(WRITE_FILE), change((f, x, c) -> f.writeFile(x, c.path(), c.data())))
                .immediate(CreateFile.class, Set.of(CREATE_FILE), change((f, x, c) -> f.createFile(x, c.path())))
                .immediate(DeleteFile.class, Set.of(DELETE_FILE), change((f, x, c) -> f.deleteFile(x, c.path())))
                .immediate(
                        FileExists.class,
                        Set.of(READ_FILE),
                        (p, x, c) -> p.files().exists(x, c.path()))
                .immediate(
                        StatFile.class,
                        Set.of(READ_FILE),
                        (p, x, c) -> p.files().stat(x, c.path()))
                .immediate(
                        MoveFile.class,
                        Set.of(WRITE_FILE, CREATE_FILE),
                        change((f, x, c) -> f.move(x, c.source(), c.destination())))
                .immediate(
                        CopyFile.class,
                        Set.of(READ_FILE, WRITE_FILE, CREATE_FILE),
                        change((f, x, c) -> f.copy(x, c.source(), c.destination())))
                .immediate(
                        TruncateFile.class, Set.of(WRITE_FILE), change((f, x, c) -> f.truncate(x, c.path(), c.size())));
    }

    private static void addDirectories(SyscallTable.Builder table) {
        table.immediate(
                        ListDirectory.class,
                        Set.of(LIST_DIRECTORY),
                        (p, x, c) -> p.files().listDirectory(x, c.path()))
                .immediate(
                        CreateDirectory.class, Set.of(CREATE_FILE), change((f, x, c) -> f.createDirectory(x, c.path())))
                .immediate(
                        RemoveDirectory.class, Set.of(DELETE_FILE), change((f, x, c) -> f.removeDirectory(x, c.path())))
                .immediate(
                        GetWorkingDirectory.class,
                        Set.of(),
                        (p, x, c) -> p.files().workingDirectory())
                .immediate(
                        SetWorkingDirectory.class,
                        Set.of(LIST_DIRECTORY),
                        change((f, x, c) -> f.changeDirectory(x, c.path())));
    }

    private static void addSystem(
            SyscallTable.Builder table, SystemHandlers system, Clock clock, Supplier<Duration> uptime) {
        table.immediate(GetSystemInfo.class, Set.of(SYSTEM_INFO), (p, x, c) -> SystemHandlers.systemInfo())
                .immediate(GetCurrentTime.class, Set.of(TIME_ACCESS), (p, x, c) -> clock.instant())
                .immediate(GetUptime.class, Set.of(TIME_ACCESS), (p, x, c) -> uptime.get())
                .deferred(Sleep.class, Set.of(TIME_ACCESS), system::sleep)
                .immediate(
                        GetEnvVar.class, Set.of(), (p, x, c) -> p.environment().value(x, c.key()))
                .immediate(
                        SetEnvVar.class,
                        Set.of(),
                        nothing((p, x, c) -> p.environment().set(x, c.key(), c.value())));
    }

    /** For what is waited for with a future. */
    private static <C extends Syscall<R>, R extends @Nullable Object> Handler.Deferred<C, R> later(
            Promise<C, R> promise) {
        return (process, context, call, answer) -> {
            var unused = promise.start(process, context, call).whenComplete(answer::complete);
        };
    }

    @FunctionalInterface
    private interface Promise<C, R extends @Nullable Object> {
        CompletableFuture<R> start(LogicalProcess process, SyscallContext context, C call);
    }

    /** Work that has nothing to answer. */
    @SuppressWarnings("NullAway") // Null is the one value of Void, which the checker does not see behind the generics.
    private static <C extends Syscall<@Nullable Void>> Handler.Immediate<C, @Nullable Void> nothing(Work<C> work) {
        return (process, context, call) -> {
            work.apply(process, context, call);
            return null;
        };
    }

    private static <C extends Syscall<@Nullable Void>> Handler.Immediate<C, @Nullable Void> change(FileWork<C> work) {
        return nothing((process, context, call) -> work.apply(process.files(), context, call));
    }

    @FunctionalInterface
    private interface Work<C> {
        void apply(LogicalProcess process, SyscallContext context, C call);
    }

    @FunctionalInterface
    private interface FileWork<C> {
        void apply(FileTree files, SyscallContext context, C call);
    }
}
