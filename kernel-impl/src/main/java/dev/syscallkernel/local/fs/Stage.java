package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A hidden directory in the root of a mount, in which a transaction prepares what it is going to rename to its place, and
 * keeps what it will need to undo that.
 */
final class Stage {
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
        operations.makeDirectory(root.handle(), name);
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

    /** Removes a stage with all that is in it, if it is there. */
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
                removeEntry(operations, directory, entry);
            }
        }
        operations.deleteDirectory(parent, name);
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
