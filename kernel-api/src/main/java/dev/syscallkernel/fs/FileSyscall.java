package dev.syscallkernel.fs;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Syscall;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The syscalls on files and directories.
 *
 * <p>Paths are virtual: {@code /} separates components; a relative path starts at the working directory of the
 * process; {@code ..} goes to the real parent of where the walk stands; a trailing {@code /} demands a directory. Any
 * path that leaves the mounts of the process is PERMISSION_DENIED, whether or not something is there. Symbolic links
 * are followed inside the mounts, and never out of them.
 */
public sealed interface FileSyscall<R extends @Nullable Object> extends Syscall<R> {

    /** The whole content of a regular file, up to the inline limit of the process; larger ones are streamed. */
    record ReadFile(String path) implements FileSyscall<byte[]> {
        public ReadFile {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "read_file";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /**
     * Replaces the whole content of a file, or creates it. Atomic: a reader sees the old bytes or the new ones, also after
     * the kernel was killed (a power failure may lose what the host had not written yet). Follows a symbolic link to its target; keeps the permissions of what it replaces.
     */
    record WriteFile(String path, ByteBuffer data) implements FileSyscall<@Nullable Void> {
        /** Copies what remains in the buffer. */
        public WriteFile {
            requireNonNull(path, "path");
            data = ByteBuffer.allocate(data.remaining())
                    .put(data.duplicate())
                    .flip()
                    .asReadOnlyBuffer();
        }

        /** Copies the array. */
        public WriteFile(String path, byte[] data) {
            this(path, ByteBuffer.wrap(data));
        }

        /** A read-only view with a position of its own. */
        @Override
        public ByteBuffer data() {
            return data.duplicate();
        }

        @Override
        public String name() {
            return "write_file";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** Creates an empty file; ALREADY_EXISTS if the name is taken, also by a dangling symbolic link. */
    record CreateFile(String path) implements FileSyscall<@Nullable Void> {
        public CreateFile {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "create_file";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** Deletes a file or a symbolic link, never what the link points to; IS_A_DIRECTORY for a directory. */
    record DeleteFile(String path) implements FileSyscall<@Nullable Void> {
        public DeleteFile {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "delete_file";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** The entries of a directory, sorted by name, each as the entry itself is: links are not followed. */
    record ListDirectory(String path) implements FileSyscall<List<DirectoryEntry>> {
        public ListDirectory {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "list_directory";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** Whether something is there, after following links. */
    record FileExists(String path) implements FileSyscall<Boolean> {
        public FileExists {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "file_exists";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** What is there, after following links. */
    record StatFile(String path) implements FileSyscall<FileStat> {
        public StatFile {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "file_stat";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /**
     * Moves a file, a symbolic link itself, or a directory, in one step within a mount, replacing a file or an empty
     * directory of the same kind. Across mounts it copies and then deletes: the destination appears whole or not at all.
     */
    record MoveFile(String source, String destination) implements FileSyscall<@Nullable Void> {
        public MoveFile {
            requireNonNull(source, "source");
            requireNonNull(destination, "destination");
        }

        @Override
        public String name() {
            return "move_file";
        }

        @Override
        public String subject() {
            return source;
        }
    }

    /** Copies the content and permissions of a regular file, replacing the destination atomically. */
    record CopyFile(String source, String destination) implements FileSyscall<@Nullable Void> {
        public CopyFile {
            requireNonNull(source, "source");
            requireNonNull(destination, "destination");
        }

        @Override
        public String name() {
            return "copy_file";
        }

        @Override
        public String subject() {
            return source;
        }
    }

    /** Creates a directory in an existing one. */
    record CreateDirectory(String path) implements FileSyscall<@Nullable Void> {
        public CreateDirectory {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "create_directory";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** Removes an empty directory. */
    record RemoveDirectory(String path) implements FileSyscall<@Nullable Void> {
        public RemoveDirectory {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "remove_directory";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** The directory where relative paths start: an absolute path without links. */
    record GetWorkingDirectory() implements FileSyscall<String> {
        @Override
        public String name() {
            return "get_working_directory";
        }

        @Override
        public String subject() {
            return "";
        }
    }

    /** Changes where relative paths start; an existing directory. */
    record SetWorkingDirectory(String path) implements FileSyscall<@Nullable Void> {
        public SetWorkingDirectory {
            requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return "set_working_directory";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** Resizes a regular file; new bytes read as zero. */
    record TruncateFile(String path, long size) implements FileSyscall<@Nullable Void> {
        public TruncateFile {
            requireNonNull(path, "path");
            if (size < 0) {
                throw new IllegalArgumentException("size must not be negative: " + size);
            }
        }

        @Override
        public String name() {
            return "truncate_file";
        }

        @Override
        public String subject() {
            return path;
        }
    }
}
