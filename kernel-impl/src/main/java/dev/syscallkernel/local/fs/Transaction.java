package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.Node.Spot;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes of files that will be made all together or not at all. Each is planned at first, on top of those planned
 * before it: new content is written to a {@link Stage}, and nothing else is touched. Used by one thread.
 */
public final class Transaction implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Transaction.class.getName());

    private static final byte[] NOTHING = {};

    private final SyscallContext ctx;
    private final FileOperations operations;
    private final Journal journal;
    private final boolean durable;
    private final PathLocks.Grant grant;
    private final String id = HiddenNames.freshTransaction();
    private final HandleCache planned = new HandleCache();
    private final Map<Object, Node> nodes = new LinkedHashMap<>(); // by file key
    private final Map<Node, Stage> stages = new LinkedHashMap<>(); // by the root of the mount
    private final Map<FileTree, List<MountedDirectory>> views = new HashMap<>();
    private final Map<Node, HandleCache> caches = new HashMap<>(); // of the tree that a root belongs to
    private boolean left; // to a later kernel

    /** @param ctx what the transaction as a whole is known and cancelled by */
    Transaction(
            SyscallContext ctx, FileOperations operations, Journal journal, boolean durable, PathLocks.Grant grant) {
        this.ctx = ctx;
        this.operations = operations;
        this.journal = journal;
        this.durable = durable;
        this.grant = grant;
    }

    /** Whether a transaction can contain this call. */
    public static boolean canContain(Object call) {
        return call instanceof FileSyscall<?> change && change(change) != null;
    }

    /**
     * Plans a change. A failure leaves nothing of it.
     *
     * @param files the tree of the process that makes the change
     * @throws dev.syscallkernel.SyscallException as the call itself would throw it
     */
    public void plan(SyscallContext ctx, FileTree files, FileSyscall<?> call) {
        PlannedChange change = change(call);
        if (change == null) {
            throw new IllegalArgumentException("cannot be undone: " + call.name());
        }
        ctx.throwIfCancelled();
        files.plan(ctx, this, o -> change.run(o, ctx));
    }

    private interface PlannedChange {
        void run(Operations operations, SyscallContext ctx) throws IOException;
    }

    private static @Nullable PlannedChange change(FileSyscall<?> call) {
        if (call instanceof WriteFile write) {
            return (o, ctx) -> o.changing().write(ctx, write.path(), write.data());
        }
        if (call instanceof CreateFile create) {
            return (o, ctx) -> o.changing().create(ctx, create.path());
        }
        if (call instanceof DeleteFile delete) {
            return (o, ctx) -> o.changing().delete(ctx, delete.path());
        }
        if (call instanceof MoveFile move) {
            return (o, ctx) -> o.moving().move(ctx, move.source(), move.destination());
        }
        if (call instanceof CopyFile copy) {
            return (o, ctx) -> o.changing().copy(ctx, copy.source(), copy.destination());
        }
        if (call instanceof TruncateFile truncate) {
            return (o, ctx) -> o.changing().truncate(ctx, truncate.path(), truncate.size());
        }
        if (call instanceof CreateDirectory create) {
            return (o, ctx) -> o.directories().create(ctx, create.path());
        }
        if (call instanceof RemoveDirectory remove) {
            return (o, ctx) -> o.directories().remove(ctx, remove.path());
        }
        return null;
    }

    FileOperations operations() {
        return operations;
    }

    String id() {
        return id;
    }

    SyscallException failure(ErrorCode code, String reason) {
        return ctx.failure(code, reason);
    }

    PathLocks.Grant grant() {
        return grant;
    }

    /** Keeps the directories of this transaction's views open. */
    HandleCache handles() {
        return planned;
    }

    Collection<Node> nodes() {
        return nodes.values();
    }

    Collection<Stage> stages() {
        return stages.values();
    }

    /** The mounts of a tree, with what is planned in them. */
    List<MountedDirectory> view(SyscallContext ctx, FileTree tree, List<MountedDirectory> mounts, HandleCache handles) {
        List<MountedDirectory> known = views.get(tree);
        if (known != null) {
            return known;
        }
        List<MountedDirectory> view = new ArrayList<>();
        views.put(tree, view); // closed with the transaction, also if it is not complete
        try {
            for (MountedDirectory mount : mounts) {
                view.add(new MountedDirectory(
                        mount.position(), mount.access(), mount.hostPath(), plannedRoot(ctx, mount, handles)));
            }
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
        return view;
    }

    private DirectoryHandle plannedRoot(SyscallContext ctx, MountedDirectory mount, HandleCache handles)
            throws IOException {
        DirectoryHandle real = mount.retainRoot(ctx);
        Object key = real.key();
        Node node = key == null
                ? Node.ofRoot(mount) // its first change will be refused
                : nodes.computeIfAbsent(key, k -> Node.ofRoot(mount));
        caches.put(node.top(), handles);
        return DirectoryHandle.of(new PlannedDirectory(this, node, real));
    }

    /** Opens a directory that really is in another one. */
    Directory open(Spot spot, DirectoryHandle parent) throws IOException {
        DirectoryHandle real = enter(spot, parent);
        return new PlannedDirectory(this, node(real, spot), real);
    }

    private DirectoryHandle enter(Spot spot, DirectoryHandle parent) throws IOException {
        HandleCache cache =
                spot.directory().stage() == null ? caches.get(spot.directory().top()) : null;
        BasicFileAttributes attributes = parent.find(spot.name());
        if (cache == null || attributes == null) {
            return parent.enter(spot.name());
        }
        DirectoryHandle known = cache.find(parent, spot.name(), attributes);
        if (known != null) {
            return known;
        }
        DirectoryHandle opened = parent.enter(spot.name());
        cache.keep(parent, spot.name(), opened);
        return opened;
    }

    private Node node(DirectoryHandle directory, Spot spot) {
        Object key = directory.key();
        return key == null ? Node.at(spot, null) : nodes.computeIfAbsent(key, k -> Node.at(spot, k));
    }

    /** The node of a directory that really is at this place. */
    Node node(BasicFileAttributes directory, Spot spot) {
        return nodes.computeIfAbsent(directory.fileKey(), k -> Node.at(spot, k));
    }

    /** The stage in the root of a mount, which is made when it is first needed. */
    Stage stage(Node root) throws IOException {
        Stage known = stages.get(root);
        if (known != null) {
            return known;
        }
        MountedDirectory mount = root.root();
        if (mount == null || mount.root().key() == null) {
            throw new UnstablePathException();
        }
        root.hold(mount.root());
        journal.stage(id, mount.verifiedHostPath(ctx), durable);
        Name name = HiddenNames.stage(mount.fileSystem(), id);
        Stage stage;
        try {
            stage = Stage.make(operations, root, name);
        } catch (IOException failure) {
            Stage.remove(operations, root.handle(), name); // It may have been made, and not be of use.
            throw failure;
        }
        stages.put(root, stage);
        if (durable) {
            force(() -> operations.forceDirectory(root.handle()));
        }
        return stage;
    }

    /** The name of the stage in a directory, if there is one. */
    Optional<Path> stageName(Node node) {
        return Optional.ofNullable(stages.get(node))
                .map(stage -> HiddenNames.stage(node.fileSystem(), id).path());
    }

    /** The stage in the root of a mount, which is there. */
    Stage stageOf(Node root) {
        Stage known = stages.get(root);
        if (known == null) {
            throw new IllegalStateException("no stage");
        }
        return known;
    }

    /**
     * Makes the changes. Afterwards they are complete and count; or there are none, unless the error is IN_DOUBT.
     *
     * @throws dev.syscallkernel.SyscallException if they cannot be made
     */
    void commit(Isolation isolation) {
        try {
            PlanBuilder builder = new PlanBuilder(this);
            Plan plan = builder.build();
            if (plan.isEmpty()) {
                return;
            }
            isolation.requireNoWriter(ctx, builder.paths());
            builder.protect();
            if (durable) {
                force(builder::force);
            }
            ctx.throwIfCancelled(); // for the last time
            prepare(plan, builder, isolation);
            left = true; // until it is certain how it ends: what is staged may be all that is left of somebody's files
            try {
                carryOut(plan, builder, isolation);
            } catch (Error fault) {
                var unused = leaveInDoubt(builder.paths(), isolation, new IOException(fault));
                throw fault;
            }
        } catch (IOException failure) {
            throw HostErrors.translate(ctx, failure);
        }
    }

    private interface Force {
        void run() throws IOException;
    }

    /** Waits for the device. After a failure nobody may ask it again. */
    private void force(Force wait) throws IOException {
        try {
            wait.run();
        } catch (IOException failure) {
            journal.poison(failure);
            throw failure;
        }
    }

    private void prepare(Plan plan, PlanBuilder builder, Isolation isolation) throws IOException {
        try {
            journal.append(JournalEntry.Type.PREPARED, id, plan.encode(), durable);
        } catch (ForceFailedException failure) {
            // The next kernel may find the plan, and must then find everything as it is now.
            throw leaveInDoubt(builder.paths(), isolation, failure);
        }
    }

    private void carryOut(Plan plan, PlanBuilder builder, Isolation isolation) throws IOException {
        try {
            Application application = new Application(this, plan, builder.nodes());
            application.run();
            if (durable) {
                force(application::force);
            }
            journal.append(JournalEntry.Type.COMMIT, id, NOTHING, durable);
            left = false;
        } catch (ForceFailedException failure) {
            throw leaveInDoubt(builder.paths(), isolation, failure);
        } catch (IOException | RuntimeException failure) {
            Collection<Path> doubts = takeBack(plan, builder, failure);
            if (!doubts.isEmpty()) {
                throw leaveInDoubt(doubts, isolation, failure);
            }
            throw failure;
        }
    }

    /** What is on the device is not known, and must not be guessed. */
    private SyscallException leaveInDoubt(Collection<Path> paths, Isolation isolation, Exception cause) {
        left = true;
        isolation.block(paths);
        LOG.log(Level.ERROR, "The atomic batch " + id + " is in doubt, and its files are out of use", cause);
        return ctx.failure(
                ErrorCode.IN_DOUBT,
                "the host failed while the changes were made; the files are out of use until an operator has looked, and"
                        + " the kernel was started again",
                cause);
    }

    /** Answers what could not be taken back. */
    private Collection<Path> takeBack(Plan plan, PlanBuilder builder, Exception cause) {
        try {
            Undo undo = new Undo(operations, plan, new Folders(plan, roots(), null, id), Undo.allSteps(plan));
            undo.run();
            if (durable) {
                force(undo::force);
            }
            if (undo.doubts().isEmpty()) {
                journal.append(JournalEntry.Type.ABORT, id, NOTHING, durable);
                left = false;
            } else {
                // From now on, others may change the rest.
                journal.append(JournalEntry.Type.RESOLVED, id, undo.doubtful().toByteArray(), true);
            }
            return undo.doubts();
        } catch (IOException | RuntimeException further) {
            cause.addSuppressed(further);
            return builder.paths();
        }
    }

    private Map<String, DirectoryHandle> roots() {
        Map<String, DirectoryHandle> roots = new HashMap<>();
        stages.keySet().forEach(root -> roots.put(String.valueOf(root.hostPath()), root.handle()));
        nodes.values().stream()
                .filter(node -> node.root() != null && node.isHeld())
                .forEach(root -> roots.put(String.valueOf(root.hostPath()), root.handle()));
        return roots;
    }

    /** Removes what was prepared, unless a later kernel will need it. */
    @Override
    public void close() {
        try {
            if (!left) {
                for (Stage stage : stages.values()) {
                    stage.remove();
                }
                journal.forget(id);
            }
        } catch (IOException failure) {
            // A later kernel will remove it, for the journal goes on to know of it.
            LOG.log(Level.WARNING, "The rest of the atomic batch " + id + " could not be removed", failure);
        } finally {
            planned.close();
            views.values().forEach(view -> view.forEach(mount -> mount.root().close()));
            stages.values().forEach(stage -> stage.node().close());
            nodes.values().forEach(Node::close);
        }
    }
}
