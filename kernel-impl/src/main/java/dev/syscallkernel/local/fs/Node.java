package dev.syscallkernel.local.fs;

import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A directory of the host in a transaction: where it really is, and what is planned to change in it. */
final class Node implements AutoCloseable {

    /** A name in a directory of the host where something really is, whatever its name will be. */
    record Spot(Node directory, Name name) {}

    private final String inode;
    private final @Nullable MountedDirectory root;
    private final @Nullable Stage stage;
    private final @Nullable Spot place;
    private final Map<Path, Planned> changes = new LinkedHashMap<>();
    private @Nullable DirectoryHandle handle; // held once something changes in the directory

    /**
     * What a name is going to stand for.
     *
     * @param spot where that is at present; null for nothing
     */
    record Planned(Name name, @Nullable Spot spot) {}

    private Node(@Nullable Object key, @Nullable MountedDirectory root, @Nullable Stage stage, @Nullable Spot place) {
        this.inode = FileId.inode(key);
        this.root = root;
        this.stage = stage;
        this.place = place;
    }

    static Node ofRoot(MountedDirectory mount) {
        return new Node(mount.root().key(), mount, null, null);
    }

    static Node ofStage(Stage stage, DirectoryHandle directory) {
        Node node = new Node(directory.key(), null, stage, null);
        node.hold(directory);
        return node;
    }

    static Node at(Spot place, @Nullable Object key) {
        return new Node(key, null, null, place);
    }

    /** The identity of the directory. */
    String inode() {
        return inode;
    }

    /** The mount that it is the root of, or null. */
    @Nullable
    MountedDirectory root() {
        return root;
    }

    /** The stage that it is, or null. */
    @Nullable
    Stage stage() {
        return stage;
    }

    /** Where it really is; null for the root of a mount and for a stage. */
    @Nullable
    Spot place() {
        return place;
    }

    /** The root of the mount that it belongs to. */
    Node top() {
        Node node = this;
        while (node.place != null) {
            node = node.place.directory;
        }
        return node.stage == null ? node : node.stage.root();
    }

    /** Whether it was made by the transaction. */
    boolean isNew() {
        return place != null && place.directory.stage != null;
    }

    FileSystem fileSystem() {
        MountedDirectory mount = top().root;
        if (mount == null) {
            throw new IllegalStateException("no root");
        }
        return mount.fileSystem();
    }

    /** What is planned, by the host's names. */
    Map<Path, Planned> changes() {
        return changes;
    }

    /** Plans what a name stands for. */
    void plan(DirectoryHandle directory, Name name, @Nullable Spot spot) {
        hold(directory);
        changes.put(name.path(), new Planned(name, spot));
    }

    boolean isHeld() {
        return handle != null;
    }

    /** Where the root of a mount is on the host; null for other directories. */
    @Nullable
    Path hostPath() {
        return root == null ? null : root.hostPath();
    }

    /** Keeps the directory open until the transaction is over. */
    void hold(DirectoryHandle directory) {
        if (handle == null) {
            handle = directory.share();
        }
    }

    DirectoryHandle handle() {
        if (handle == null) {
            throw new IllegalStateException("not held");
        }
        return handle;
    }

    @Override
    public void close() {
        if (handle != null) {
            handle.close();
            handle = null;
        }
    }
}
