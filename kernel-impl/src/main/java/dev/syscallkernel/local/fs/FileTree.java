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
import java.util.ArrayList;
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
    private final Isolation isolation;
    private final FileOperations host;
    private final HandleCache handles = new HandleCache();
    private final FileOpener opener = new FileOpener();
    private final MountTable table;
    private final Instant since = Instant.now();
    private final WorkingDirectory workingDirectory = new WorkingDirectory();
    private final Operations plain;
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

    private FileTree(
            List<MountedDirectory> mounts, ScratchDirectories scratch, Isolation isolation, FileOperations host) {
        this.mounts = mounts;
        this.scratch = scratch;
        this.isolation = isolation;
        this.host = host;
        this.table = new MountTable(mounts);
        this.plain = operations(null);
    }

    /** @param grant takes locks for the operations; null if they need none */
    private Operations operations(PathLocks.@Nullable Grant grant) {
        return operations(new WalkingResolver(table, handles, isolation, grant), table);
    }

    private Operations operations(WalkingResolver resolver, MountTable view) {
        return Operations.on(new Lookup(resolver, workingDirectory), opener, view, since, isolation, host);
    }

    /**
     * Opens the mounts of a new process.
     *
     * @param scratchRoot the host directory beneath which scratch directories are made; made itself on demand
     * @param transactions the kernel's atomic changes of files, from which the operations are kept apart
     * @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for a mount whose host directory is missing or none,
     *     and for two mounts at one path; UNSUPPORTED for one whose file system cannot be used without races
     */
    public static FileTree open(List<Mount> mounts, Path scratchRoot, Transactions transactions) {
        ScratchDirectories scratch = new ScratchDirectories(scratchRoot);
        return new FileTree(Mounts.open(mounts, scratch), scratch, transactions.isolation(), transactions.operations());
    }

    /** The operations on the tree as a transaction sees it, with what it has planned so far. */
    private Operations planned(SyscallContext ctx, Transaction transaction) {
        MountTable view = new MountTable(transaction.view(ctx, this, mounts, handles));
        return operations(new WalkingResolver(view, transaction.handles(), isolation, transaction.grant()), view);
    }

    /** The mounts, in the order in which they were given. */
    public List<ProcessInfo.MountPoint> mountPoints() {
        return mounts.stream()
                .map(mount -> new ProcessInfo.MountPoint(mount.position().toString(), mount.access()))
                .toList();
    }

    /** A tree of the same mounts for a process that ends before this one: it has no scratch directories of its own. */
    public FileTree share() {
        List<MountedDirectory> shared = mounts.stream()
                .map(mount -> new MountedDirectory(
                        mount.position(),
                        mount.access(),
                        mount.hostPath(),
                        mount.root().share()))
                .toList();
        return new FileTree(shared, new ScratchDirectories(scratch.root()), isolation, host);
    }

    /**
     * A mount, for a program that sees the same directory.
     *
     * @param path the virtual path
     * @param hostPath free of links when it was looked at; who may write above it can change that
     * @param scratch whether it lives no longer than the process
     * @param identity the key of the directory, as text: what tells it from all others of the host
     */
    public record Binding(String path, Path hostPath, boolean readOnly, boolean scratch, String identity) {}

    /**
     * The mounts as they are on the host.
     *
     * @throws dev.syscallkernel.SyscallException UNAVAILABLE if the host has replaced the directory of one
     */
    public List<Binding> bindings(SyscallContext ctx) {
        return call(ctx, operations -> {
            List<Binding> bindings = new ArrayList<>();
            for (MountedDirectory mount : mounts) {
                Path hostPath = mount.verifiedHostPath(ctx);
                bindings.add(new Binding(
                        mount.position().toString(),
                        hostPath,
                        mount.isReadOnly(),
                        scratch.made(hostPath),
                        String.valueOf(mount.root().key())));
            }
            return bindings;
        });
    }

    /** Where relative paths start; the virtual root at first. */
    public String workingDirectory() {
        return workingDirectory.position().toString();
    }

    public void changeDirectory(SyscallContext ctx, String path) {
        change(ctx, o -> o.directories().change(ctx, path));
    }

    public byte[] readFile(SyscallContext ctx, String path) {
        return call(ctx, o -> o.reading().readFile(ctx, path));
    }

    /** Replaces a file in one step, or creates it. */
    public void writeFile(SyscallContext ctx, String path, ByteBuffer data) {
        change(ctx, o -> o.changing().write(ctx, path, data));
    }

    public void createFile(SyscallContext ctx, String path) {
        change(ctx, o -> o.changing().create(ctx, path));
    }

    public void deleteFile(SyscallContext ctx, String path) {
        change(ctx, o -> o.changing().delete(ctx, path));
    }

    public void createDirectory(SyscallContext ctx, String path) {
        change(ctx, o -> o.directories().create(ctx, path));
    }

    public void removeDirectory(SyscallContext ctx, String path) {
        change(ctx, o -> o.directories().remove(ctx, path));
    }

    /** The entries, sorted by name. */
    public List<DirectoryEntry> listDirectory(SyscallContext ctx, String path) {
        return call(ctx, o -> o.reading().list(ctx, path));
    }

    public boolean exists(SyscallContext ctx, String path) {
        return call(ctx, o -> o.reading().exists(ctx, path));
    }

    public FileStat stat(SyscallContext ctx, String path) {
        return call(ctx, o -> o.reading().stat(ctx, path));
    }

    public void move(SyscallContext ctx, String source, String destination) {
        changeAtLength(ctx, o -> o.moving().move(ctx, source, destination));
    }

    public void copy(SyscallContext ctx, String source, String destination) {
        changeAtLength(ctx, o -> o.changing().copy(ctx, source, destination));
    }

    /** Resizes a file; new bytes read as zero. */
    public void truncate(SyscallContext ctx, String path, long size) {
        change(ctx, o -> o.changing().truncate(ctx, path, size));
    }

    /** Opens a regular file for reading. */
    public OpenFile openForReading(SyscallContext ctx, String path) {
        return call(ctx, o -> o.reading().open(ctx, path));
    }

    /** Begins to write a file. */
    public WritableFile openForWriting(SyscallContext ctx, String path, WriteMode mode) {
        return call(ctx, o -> o.writing().open(ctx, path, mode, Staging.ONCE));
    }

    /** Begins to write a file that can be taken up again. */
    public WritableFile beginUpload(SyscallContext ctx, String path, WriteMode mode) {
        return call(ctx, o -> o.writing().open(ctx, path, mode, Staging.NEW_UPLOAD));
    }

    /**
     * Goes on with a file.
     *
     * @throws dev.syscallkernel.SyscallException CONFLICT if it does not wait beside the path, or for another name
     */
    public WritableFile takeUp(SyscallContext ctx, String path, WriteMode mode, WaitingFile waiting) {
        return call(ctx, o -> o.writing().open(ctx, path, mode, Staging.of(waiting)));
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
        T run(Operations operations) throws IOException;
    }

    /** An operation that answers nothing. */
    interface Change {
        void run(Operations operations) throws IOException;
    }

    private void change(SyscallContext ctx, Change change) {
        call(ctx, operation(ctx, change));
    }

    /** For what may take so long that no batch can be made to wait for it, unless it works on the same files. */
    private void changeAtLength(SyscallContext ctx, Change change) {
        isolation.runLocked(ctx, grant -> attempt(ctx, operations(grant), operation(ctx, change)));
    }

    private static Operation<SyscallContext> operation(SyscallContext ctx, Change change) {
        return operations -> {
            change.run(operations);
            return ctx;
        };
    }

    private <T> T call(SyscallContext ctx, Operation<T> operation) {
        return isolation.run(
                ctx,
                grant -> attempt(ctx, operations(grant), operation),
                context -> attempt(context, plain, operation));
    }

    private static <T> T attempt(SyscallContext ctx, Operations operations, Operation<T> operation) {
        for (int attempt = 1; ; attempt++) {
            try {
                return operation.run(operations);
            } catch (SwappedException swapped) {
                if (attempt == ATTEMPTS) {
                    throw HostErrors.translate(ctx, swapped);
                }
            } catch (IOException failure) {
                throw HostErrors.translate(ctx, failure);
            }
        }
    }

    /** Plans a change as part of a transaction. */
    void plan(SyscallContext ctx, Transaction transaction, Change change) {
        attempt(ctx, planned(ctx, transaction), operation(ctx, change));
    }
}
