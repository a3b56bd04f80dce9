package dev.syscallkernel.local.fs;

import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.stream.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The virtual file tree of one process: its mounts, its working directory, and the operations on both.
 *
 * <p>Nothing here touches a host file outside the mounts, not even while somebody swaps directories, links and FIFOs
 * underneath. The path rules of the sandbox and the access of the mounts are checked against where a path really
 * leads; the capabilities are for the caller to check, except that writing to a missing file takes CREATE_FILE.
 *
 * <p>The operations throw {@link dev.syscallkernel.SyscallException}. Thread-safe.
 */
public final class FileTree {
    /** How often an operation begins again after something was swapped underneath. */
    private static final int ATTEMPTS = 8;

    private final List<MountedDirectory> mounts;
    private final ScratchDirectories scratch;
    private final HandleCache handles = new HandleCache();
    private final FileOpener opener = new FileOpener();
    private final Lookup lookup;
    private final Reading reading;
    private final Changing changing;
    private final Writing writing;
    private final Directories directories;
    private final Moving moving;
    private final Object releaseLock = new Object();
    private @Nullable Cleanup released; // guarded by releaseLock

    /**
     * A regular file, open for reading. The caller closes the channel.
     *
     * @param size in bytes, when it was opened; some files say 0 and have more
     * @param path its virtual path, free of links
     */
    public record OpenFile(FileChannel channel, long size, String path) {}

    /**
     * What was released with a tree.
     *
     * @param scratchDirectories how many were removed
     * @param bytesFreed the size of the files in them
     * @param errors what could not be removed, and why
     */
    public record Cleanup(int scratchDirectories, long bytesFreed, List<String> errors) {
        public Cleanup {
            errors = List.copyOf(errors);
        }
    }

    private FileTree(List<MountedDirectory> mounts, ScratchDirectories scratch) {
        this.mounts = mounts;
        this.scratch = scratch;
        MountTable table = new MountTable(mounts);
        this.lookup = new Lookup(new WalkingResolver(table, handles));
        this.reading = new Reading(lookup, opener, table, Instant.now());
        this.changing = new Changing(lookup, opener);
        this.writing = new Writing(lookup, opener);
        this.directories = new Directories(lookup);
        this.moving = new Moving(lookup, opener);
    }

    /**
     * Opens the mounts of a new process.
     *
     * @param scratchRoot the host directory beneath which scratch directories are made; made itself on demand
     * @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for a mount whose host directory is missing or none,
     *     and for two mounts at one path; UNSUPPORTED for one whose file system cannot be used without races
     */
    public static FileTree open(List<Mount> mounts, Path scratchRoot) {
        ScratchDirectories scratch = new ScratchDirectories(scratchRoot);
        return new FileTree(Mounts.open(mounts, scratch), scratch);
    }

    /** The mounts, in the order in which they were given. */
    public List<ProcessInfo.MountPoint> mountPoints() {
        return mounts.stream()
                .map(mount -> new ProcessInfo.MountPoint(mount.position().toString(), mount.access()))
                .toList();
    }

    /** Where relative paths start; the virtual root at first. */
    public String workingDirectory() {
        return lookup.workingDirectory().toString();
    }

    public void changeDirectory(SyscallContext ctx, String path) {
        change(ctx, () -> directories.change(ctx, path));
    }

    public byte[] readFile(SyscallContext ctx, String path) {
        return call(ctx, () -> reading.readFile(ctx, path));
    }

    /** Replaces a file in one step, or creates it. */
    public void writeFile(SyscallContext ctx, String path, ByteBuffer data) {
        change(ctx, () -> changing.write(ctx, path, data));
    }

    public void createFile(SyscallContext ctx, String path) {
        change(ctx, () -> changing.create(ctx, path));
    }

    public void deleteFile(SyscallContext ctx, String path) {
        change(ctx, () -> changing.delete(ctx, path));
    }

    public void createDirectory(SyscallContext ctx, String path) {
        change(ctx, () -> directories.create(ctx, path));
    }

    public void removeDirectory(SyscallContext ctx, String path) {
        change(ctx, () -> directories.remove(ctx, path));
    }

    /** The entries, sorted by name. */
    public List<DirectoryEntry> listDirectory(SyscallContext ctx, String path) {
        return call(ctx, () -> reading.list(ctx, path));
    }

    public boolean exists(SyscallContext ctx, String path) {
        return call(ctx, () -> reading.exists(ctx, path));
    }

    public FileStat stat(SyscallContext ctx, String path) {
        return call(ctx, () -> reading.stat(ctx, path));
    }

    public void move(SyscallContext ctx, String source, String destination) {
        change(ctx, () -> moving.move(ctx, source, destination));
    }

    public void copy(SyscallContext ctx, String source, String destination) {
        change(ctx, () -> changing.copy(ctx, source, destination));
    }

    /** Resizes a file; new bytes read as zero. */
    public void truncate(SyscallContext ctx, String path, long size) {
        change(ctx, () -> changing.truncate(ctx, path, size));
    }

    /** Opens a regular file for reading. */
    public OpenFile openForReading(SyscallContext ctx, String path) {
        return call(ctx, () -> reading.open(ctx, path));
    }

    /**
     * Begins to write a file, or goes on.
     *
     * @param upload the name under which a file that can be taken up again waits, made of letters and digits; null for
     *     one that cannot
     */
    public WritableFile openForWriting(SyscallContext ctx, String path, WriteMode mode, @Nullable String upload) {
        return call(ctx, () -> writing.open(ctx, path, mode, upload));
    }

    /**
     * Closes the mounts and removes the scratch directories. Operations that are under way end undisturbed; later ones
     * fail with NO_SUCH_PROCESS. Releasing twice has no effect: the answer is the same.
     */
    public Cleanup release() {
        synchronized (releaseLock) {
            if (released == null) {
                handles.close();
                mounts.forEach(mount -> mount.root().close());
                released = scratch.remove();
            }
            return released;
        }
    }

    private interface Operation<T> {
        T run() throws IOException;
    }

    private interface Change {
        void run() throws IOException;
    }

    private static void change(SyscallContext ctx, Change change) {
        call(ctx, () -> {
            change.run();
            return ctx;
        });
    }

    private static <T> T call(SyscallContext ctx, Operation<T> operation) {
        for (int attempt = 1; ; attempt++) {
            try {
                return operation.run();
            } catch (SwappedException swapped) {
                if (attempt == ATTEMPTS) {
                    throw HostErrors.translate(ctx, swapped);
                }
            } catch (IOException failure) {
                throw HostErrors.translate(ctx, failure);
            }
        }
    }
}
