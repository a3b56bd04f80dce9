package dev.syscallkernel.bench.soak;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import java.util.Arrays;

/** Plain calls on files and directories. */
final class FileActivities {
    private FileActivities() {}

    static void writeAndRead(Guest guest) {
        KernelProcess process = guest.process();
        byte[] data = guest.bytes(10_000);
        process.execute(new WriteFile("/w/plain", data));
        Guest.require(Arrays.equals(process.execute(new ReadFile("/w/plain")), data), "read something else");
        process.execute(new TruncateFile("/w/plain", data.length / 2));
        Guest.require(process.execute(new StatFile("/w/plain")).size() == data.length / 2, "not truncated");
        process.execute(new DeleteFile("/w/plain"));
    }

    static void directories(Guest guest) {
        KernelProcess process = guest.process();
        process.execute(new CreateDirectory("/w/d"));
        process.execute(new WriteFile("/w/d/a", guest.bytes(1000)));
        process.execute(new CopyFile("/w/d/a", "/w/d/b"));
        process.execute(new MoveFile("/w/d", "/w/e"));
        Guest.require(process.execute(new ListDirectory("/w/e")).size() == 2, "not all moved");
        Guest.require(!process.execute(new FileExists("/w/d")), "still there");
        process.execute(new DeleteFile("/w/e/a"));
        process.execute(new DeleteFile("/w/e/b"));
        process.execute(new RemoveDirectory("/w/e"));
    }

    static void mistakes(Guest guest) {
        expect(guest, ErrorCode.NOT_FOUND, new ReadFile("/w/missing"));
        expect(guest, ErrorCode.PERMISSION_DENIED, new ReadFile("/w/../../etc/passwd"));
        expect(guest, ErrorCode.INVALID_ARGUMENT, new RemoveDirectory("/w"));
        expect(guest, ErrorCode.INVALID_ARGUMENT, new WriteFile("/w/large", new byte[5 << 20]));
    }

    private static void expect(Guest guest, ErrorCode code, Syscall<?> call) {
        try {
            guest.process().execute(call);
        } catch (SyscallException expected) {
            Guest.require(expected.code() == code, call.name() + " failed otherwise: " + expected.getMessage());
            return;
        }
        throw new AssertionError(call.name() + " " + call.subject() + " succeeded");
    }
}
