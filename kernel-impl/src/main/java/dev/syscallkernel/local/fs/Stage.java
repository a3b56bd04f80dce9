package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A hidden directory in the root of a mount, in which a transaction prepares what it is going to rename to its place, and
 * keeps what it will need to undo that.
 */
final class Stage {
    /** Nobody else shall look into it: there are files in it that only their directories keep from others. */
    private static final FileAttribute<?> OWN =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final FileOperations operations;
    private final Node root;
    private final Node node;
    private final Name name;
    private final DirectoryHandle directory;
    private final Object device;
    private int used;

    private Stage(FileOperations operations, Node root, Name name, DirectoryHandle directory, Object device) {
        this.operations = operations;
        this.root = root;
        this.name = name;
        this.directory = directory;
        this.node = Node.ofStage(this, directory);
        this.device = device;
    }

    /** Makes a stage in the root of a mount, which is held. */
    static Stage make(FileOperations operations, Node root, Name name) throws IOException {
        operations.makeDirectory(root.handle(), name, OWN);
        try (DirectoryHandle directory = root.handle().enter(name)) {
            Path stable = directory.stablePath();
            if (stable == null) {
                throw new UnstablePathException();
            }
            return new Stage(operations, root, name, directory, Files.getAttribute(stable, "unix:dev"));
        }
    }

    Node root() {
        return root;
    }

    Node node() {
        return node;
    }

    DirectoryHandle directory() {
        return directory;
    }

    /** Whether renames are possible between the two. */
    boolean isOnSameDevice(Stage other) {
        return device.equals(other.device);
    }

    /** A name in the stage that nobody has used. */
    Name fresh() {
        return slot(root.fileSystem(), ++used);
    }

    private static Name slot(FileSystem system, int number) {
        return Name.internal(system, Integer.toString(number));
    }

    /** Removes it with all that is in it. */
    void remove() throws IOException {
        node.close();
        remove(operations, root.handle(), name);
    }

    /**
     * Removes a stage with all that is in it, if it is there; or one entry of a stage. The directories in a stage are
     * empty once its transaction is over.
     *
     * @throws java.nio.file.DirectoryNotEmptyException if they are not: somebody outside of the kernel has put something
     *     in, which stays
     */
    static void remove(FileOperations operations, DirectoryHandle parent, Name name) throws IOException {
        BasicFileAttributes attributes = parent.find(name);
        if (attributes == null) {
            return;
        }
        if (!attributes.isDirectory()) {
            operations.deleteFile(parent, name);
            return;
        }
        try (DirectoryHandle directory = parent.enter(name)) {
            for (Name entry : directory.names()) {
                if (isStage(name) || HiddenNames.isHidden(entry.text())) {
                    removeEntry(operations, directory, entry);
                }
            }
        }
        operations.deleteDirectory(parent, name);
    }

    /**
     * Removes a stage, but for what has no other name: if there is any, the stage becomes visible.
     *
     * @return its new name; null if nothing is left of it
     */
    static @Nullable Name reveal(FileOperations operations, DirectoryHandle parent, Name name, String transaction)
            throws IOException {
        FileId stage = FileId.of(parent.find(name));
        if (stage == null || !stage.isDirectory()) {
            return null;
        }
        boolean empty = true;
        try (DirectoryHandle directory = parent.enter(name)) {
            for (Name entry : directory.names()) {
                empty &= removeIfKnownElsewhere(operations, directory, entry);
            }
        }
        if (empty) {
            operations.deleteDirectory(parent, name);
            return null;
        }
        Name visible = Name.internal(name.path().getFileSystem(), "recovered-" + transaction);
        operations.rename(parent, name, parent, visible);
        return visible;
    }

    private static boolean removeIfKnownElsewhere(FileOperations operations, DirectoryHandle directory, Name entry)
            throws IOException {
        Path stable = directory.stablePath();
        FileId file = FileId.of(directory.find(entry));
        if (file == null) {
            return true;
        }
        if (file.isDirectory()) {
            try {
                operations.deleteDirectory(directory, entry);
                return true;
            } catch (DirectoryNotEmptyException full) {
                return false;
            }
        }
        Object links = stable == null
                ? 1
                : Files.getAttribute(stable.resolve(entry.path()), "unix:nlink", LinkOption.NOFOLLOW_LINKS);
        if (links.equals(1)) {
            return false;
        }
        operations.deleteFile(directory, entry);
        return true;
    }

    private static boolean isStage(Name name) {
        return HiddenNames.isHidden(name.text());
    }

    private static void removeEntry(FileOperations operations, DirectoryHandle directory, Name entry)
            throws IOException {
        try {
            remove(operations, directory, entry);
        } catch (NoSuchFileException gone) {
            // Somebody else has removed it.
        }
    }
}
