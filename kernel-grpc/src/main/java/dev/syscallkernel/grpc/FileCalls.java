package dev.syscallkernel.grpc;

import static dev.syscallkernel.grpc.WireValues.text;

import com.google.protobuf.UnsafeByteOperations;
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
import dev.syscallkernel.proto.CopyFileCall;
import dev.syscallkernel.proto.CreateDirectoryCall;
import dev.syscallkernel.proto.CreateFileCall;
import dev.syscallkernel.proto.DeleteFileCall;
import dev.syscallkernel.proto.FileExistsCall;
import dev.syscallkernel.proto.FileStatCall;
import dev.syscallkernel.proto.GetWorkingDirectoryCall;
import dev.syscallkernel.proto.ListDirectoryCall;
import dev.syscallkernel.proto.MoveFileCall;
import dev.syscallkernel.proto.ReadFileCall;
import dev.syscallkernel.proto.RemoveDirectoryCall;
import dev.syscallkernel.proto.SetWorkingDirectoryCall;
import dev.syscallkernel.proto.SyscallRequest.SyscallCase;
import dev.syscallkernel.proto.TruncateFileCall;
import dev.syscallkernel.proto.WriteFileCall;
import java.util.List;

/** How the syscalls on files and directories travel. */
final class FileCalls {
    static final List<WireSyscall<?, ?>> ALL = List.of(
            new WireSyscall<>(
                    ReadFile.class,
                    SyscallCase.READ_FILE,
                    (call, to) -> to.setReadFile(ReadFileCall.newBuilder().setPath(text(call.path()))),
                    from -> new ReadFile(from.getReadFile().getPath()),
                    WireResult.CONTENT),
            new WireSyscall<>(
                    WriteFile.class,
                    SyscallCase.WRITE_FILE,
                    (call, to) -> to.setWriteFile(WriteFileCall.newBuilder()
                            .setPath(text(call.path()))
                            .setData(UnsafeByteOperations.unsafeWrap(call.data()))), // the call owns its copy
                    from -> new WriteFile(
                            from.getWriteFile().getPath(),
                            from.getWriteFile().getData().asReadOnlyByteBuffer()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    CreateFile.class,
                    SyscallCase.CREATE_FILE,
                    (call, to) -> to.setCreateFile(CreateFileCall.newBuilder().setPath(text(call.path()))),
                    from -> new CreateFile(from.getCreateFile().getPath()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    DeleteFile.class,
                    SyscallCase.DELETE_FILE,
                    (call, to) -> to.setDeleteFile(DeleteFileCall.newBuilder().setPath(text(call.path()))),
                    from -> new DeleteFile(from.getDeleteFile().getPath()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    ListDirectory.class,
                    SyscallCase.LIST_DIRECTORY,
                    (call, to) ->
                            to.setListDirectory(ListDirectoryCall.newBuilder().setPath(text(call.path()))),
                    from -> new ListDirectory(from.getListDirectory().getPath()),
                    WireResult.LISTING),
            new WireSyscall<>(
                    FileExists.class,
                    SyscallCase.FILE_EXISTS,
                    (call, to) -> to.setFileExists(FileExistsCall.newBuilder().setPath(text(call.path()))),
                    from -> new FileExists(from.getFileExists().getPath()),
                    WireResult.EXISTS),
            new WireSyscall<>(
                    StatFile.class,
                    SyscallCase.FILE_STAT,
                    (call, to) -> to.setFileStat(FileStatCall.newBuilder().setPath(text(call.path()))),
                    from -> new StatFile(from.getFileStat().getPath()),
                    WireResult.STAT),
            new WireSyscall<>(
                    MoveFile.class,
                    SyscallCase.MOVE_FILE,
                    (call, to) -> to.setMoveFile(MoveFileCall.newBuilder()
                            .setSource(text(call.source()))
                            .setDestination(text(call.destination()))),
                    from -> new MoveFile(
                            from.getMoveFile().getSource(), from.getMoveFile().getDestination()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    CopyFile.class,
                    SyscallCase.COPY_FILE,
                    (call, to) -> to.setCopyFile(CopyFileCall.newBuilder()
                            .setSource(text(call.source()))
                            .setDestination(text(call.destination()))),
                    from -> new CopyFile(
                            from.getCopyFile().getSource(), from.getCopyFile().getDestination()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    CreateDirectory.class,
                    SyscallCase.CREATE_DIRECTORY,
                    (call, to) -> to.setCreateDirectory(
                            CreateDirectoryCall.newBuilder().setPath(text(call.path()))),
                    from -> new CreateDirectory(from.getCreateDirectory().getPath()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    RemoveDirectory.class,
                    SyscallCase.REMOVE_DIRECTORY,
                    (call, to) -> to.setRemoveDirectory(
                            RemoveDirectoryCall.newBuilder().setPath(text(call.path()))),
                    from -> new RemoveDirectory(from.getRemoveDirectory().getPath()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    GetWorkingDirectory.class,
                    SyscallCase.GET_WORKING_DIRECTORY,
                    (call, to) -> to.setGetWorkingDirectory(GetWorkingDirectoryCall.getDefaultInstance()),
                    from -> new GetWorkingDirectory(),
                    WireResult.PATH),
            new WireSyscall<>(
                    SetWorkingDirectory.class,
                    SyscallCase.SET_WORKING_DIRECTORY,
                    (call, to) -> to.setSetWorkingDirectory(
                            SetWorkingDirectoryCall.newBuilder().setPath(text(call.path()))),
                    from -> new SetWorkingDirectory(
                            from.getSetWorkingDirectory().getPath()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    TruncateFile.class,
                    SyscallCase.TRUNCATE_FILE,
                    (call, to) -> to.setTruncateFile(TruncateFileCall.newBuilder()
                            .setPath(text(call.path()))
                            .setSize(call.size())),
                    from -> new TruncateFile(
                            from.getTruncateFile().getPath(),
                            WireValues.positive(from.getTruncateFile().getSize(), "size")),
                    WireResult.NOTHING));

    private FileCalls() {}
}
