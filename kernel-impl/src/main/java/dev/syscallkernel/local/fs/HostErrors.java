package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.stream.Stream;

/**
 * Says in the terms of the kernel what the host reported. Where Java has no exception of its own, only the text of the
 * error tells them apart. The messages are fixed ones: those of Java name paths of the host.
 */
public final class HostErrors {
    private record Known(Class<? extends IOException> type, String text, ErrorCode code, String reason) {
        boolean matches(IOException failure, String reported) {
            return type.isInstance(failure) && reported.contains(text);
        }
    }

    private static final String ANOTHER_FILE_SYSTEM =
            "another file system, or one of a quota, begins beneath the mount; mount it by itself";

    private static final List<Known> BY_TYPE = List.of(
            type(SwappedException.class, ErrorCode.UNAVAILABLE, "files or links on the way keep being replaced"),
            type(
                    UnstablePathException.class,
                    ErrorCode.UNSUPPORTED,
                    "the host's file system lacks what atomic batches need: handles of directories, and hard links"),
            type(DifferentFileSystemException.class, ErrorCode.UNSUPPORTED, ANOTHER_FILE_SYSTEM),
            type(
                    BrokenJournalException.class,
                    ErrorCode.UNAVAILABLE,
                    "the journal failed before; start the kernel again"),
            type(
                    CharacterCodingException.class,
                    ErrorCode.UNSUPPORTED,
                    "a name that is not valid UTF-8 cannot be part of an atomic batch"),
            type(NoSuchFileException.class, ErrorCode.NOT_FOUND, "no such file or directory"),
            type(FileAlreadyExistsException.class, ErrorCode.ALREADY_EXISTS, "the name is taken"),
            type(AccessDeniedException.class, ErrorCode.PERMISSION_DENIED, "the host does not let the kernel do this"),
            type(DirectoryNotEmptyException.class, ErrorCode.NOT_EMPTY, "the directory is not empty"),
            type(NotDirectoryException.class, ErrorCode.NOT_A_DIRECTORY, "not a directory"),
            type(ClosedChannelException.class, ErrorCode.CANCELLED, "the calling thread was interrupted"));

    private static final List<Known> BY_TEXT = List.of(
            text("No space left on device", ErrorCode.NO_SPACE, "the host's file system is full"),
            text("Disk quota exceeded", ErrorCode.NO_SPACE, "the quota on the host's file system is used up"),
            text("Read-only file system", ErrorCode.READ_ONLY, "the host's file system is read-only"),
            text("File name too long", ErrorCode.NAME_TOO_LONG, "the host cannot take a name or path this long"),
            text("Too many open files", ErrorCode.RESOURCE_EXHAUSTED, "the host has no file descriptor left"),
            text("Too many links", ErrorCode.RESOURCE_EXHAUSTED, "the host's directory cannot hold any more"),
            text("Operation not permitted", ErrorCode.PERMISSION_DENIED, "the host does not permit it"),
            text("Is a directory", ErrorCode.IS_A_DIRECTORY, "is a directory"),
            text("Not a directory", ErrorCode.NOT_A_DIRECTORY, "not a directory"),
            text("Directory not empty", ErrorCode.NOT_EMPTY, "the directory is not empty"),
            text("Invalid argument", ErrorCode.INVALID_ARGUMENT, "the host cannot do this"),
            text("Illegal seek", ErrorCode.PERMISSION_DENIED, "not a regular file"),
            text("No such device", ErrorCode.PERMISSION_DENIED, "not a regular file"),
            text("File too large", ErrorCode.INVALID_ARGUMENT, "the host cannot take a file this large"),
            text("Invalid cross-device link", ErrorCode.UNSUPPORTED, ANOTHER_FILE_SYSTEM),
            text("Text file busy", ErrorCode.UNAVAILABLE, "the host is executing the file"),
            text("resource busy", ErrorCode.UNAVAILABLE, "the host is using it"));

    private HostErrors() {}

    /** The error of this call that stands for what the host reported. */
    static SyscallException translate(SyscallContext ctx, IOException failure) {
        Known known = classify(failure);
        return ctx.failure(known.code, known.reason, failure);
    }

    /** What the host reported, without naming any path. */
    public static String describe(IOException failure) {
        return classify(failure).reason;
    }

    public static ErrorCode code(IOException failure) {
        return classify(failure).code;
    }

    /** Whether the host had nothing left, so that what was asked for is not to blame. */
    static boolean isExhaustion(IOException failure) {
        ErrorCode code = code(failure);
        return code == ErrorCode.RESOURCE_EXHAUSTED || code == ErrorCode.NO_SPACE;
    }

    private static Known classify(IOException failure) {
        String text = text(failure);
        return Stream.concat(BY_TYPE.stream(), BY_TEXT.stream())
                .filter(known -> known.matches(failure, text))
                .findFirst()
                .orElseGet(() -> new Known(IOException.class, "", ErrorCode.IO_ERROR, unknown(failure)));
    }

    /** Whether a link, or too many of them, stood where none was expected. */
    static boolean isLink(IOException failure) {
        return text(failure).contains("symbolic links") || text(failure).contains("NOFOLLOW_LINKS");
    }

    private static Known type(Class<? extends IOException> type, ErrorCode code, String reason) {
        return new Known(type, "", code, reason);
    }

    private static Known text(String text, ErrorCode code, String reason) {
        return new Known(IOException.class, text, code, reason);
    }

    private static String text(IOException failure) {
        String text = failure instanceof FileSystemException named ? named.getReason() : failure.getMessage();
        return text == null ? "" : text;
    }

    private static String unknown(IOException failure) {
        String text = failure instanceof FileSystemException ? text(failure) : "";
        return "input or output error on the host" + (text.isEmpty() ? "" : ": " + text);
    }
}
