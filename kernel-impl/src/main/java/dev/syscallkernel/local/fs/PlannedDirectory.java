package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.fs.Node.Planned;
import dev.syscallkernel.local.fs.Node.Spot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A directory as a transaction will have changed it, over one of the host. Changes are only planned: so what is planned
 * later builds on what was planned before, and walks and checks like any other operation. Used by one thread.
 */
final class PlannedDirectory implements Directory {
    private final Transaction transaction;
    private final Node node;
    private final DirectoryHandle real;

    /** @param real becomes the new directory's, which closes it */
    PlannedDirectory(Transaction transaction, Node node, DirectoryHandle real) {
        this.transaction = transaction;
        this.node = node;
        this.real = real;
    }

    @Override
    public BasicFileAttributes attributes() throws IOException {
        return real.attributes();
    }

    @Override
    public BasicFileAttributes attributes(Name name) throws IOException {
        BasicFileAttributes attributes = find(spot(name));
        if (attributes == null) {
            throw new NoSuchFileException(name.text());
        }
        return attributes;
    }

    /** Where what the name stands for really is, or null if it stands for nothing; which may show only there. */
    private @Nullable Spot spot(Name name) {
        Planned planned = node.changes().get(name.path());
        return planned == null ? new Spot(node, name) : planned.spot();
    }

    private Spot existing(Name name) throws IOException {
        Spot spot = spot(name);
        if (spot == null) {
            throw new NoSuchFileException(name.text());
        }
        return spot;
    }

    private @Nullable BasicFileAttributes find(@Nullable Spot spot) throws IOException {
        return spot == null ? null : directory(spot).find(spot.name());
    }

    /** Only a directory in which something changes is the real place of what is planned elsewhere. */
    private DirectoryHandle directory(Spot spot) {
        return spot.directory() == node ? real : spot.directory().handle();
    }

    @Override
    public Directory open(Name name) throws IOException {
        Spot spot = existing(name);
        return transaction.open(spot, directory(spot));
    }

    @Override
    public @Nullable StablePath stablePath() throws IOException {
        Path path = real.stablePath();
        return path == null ? null : new StablePath(path, () -> {});
    }

    @Override
    public List<Name> names() throws IOException {
        Map<Path, Name> names = new LinkedHashMap<>();
        real.names().forEach(name -> names.put(name.path(), name));
        node.changes().forEach((path, planned) -> {
            if (planned.spot() == null) {
                names.remove(path);
            } else {
                names.put(path, planned.name());
            }
        });
        transaction.stageName(node).ifPresent(names::remove);
        return List.copyOf(names.values());
    }

    @Override
    public FileChannel openFile(Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        Spot spot = spot(name);
        if (!options.contains(StandardOpenOption.CREATE_NEW)) {
            Spot existing = existing(name);
            return directory(existing).openFile(existing.name(), options, attributes);
        }
        if (find(spot) != null) {
            throw new FileAlreadyExistsException(name.text());
        }
        Stage stage = transaction.stage(node.top());
        Name slot = stage.fresh();
        FileChannel channel = transaction.operations().createFile(stage.directory(), slot, options, attributes);
        node.plan(real, name, new Spot(stage.node(), slot));
        return channel;
    }

    @Override
    public boolean makeDirectory(Name name) throws IOException {
        Stage stage = transaction.stage(node.top());
        Name slot = stage.fresh();
        transaction.operations().makeDirectory(stage.directory(), slot);
        node.plan(real, name, new Spot(stage.node(), slot));
        return true;
    }

    @Override
    public boolean makeLink(Name name, Path text) throws IOException {
        Stage stage = transaction.stage(node.top());
        Name slot = stage.fresh();
        transaction.operations().makeLink(stage.directory(), slot, text);
        node.plan(real, name, new Spot(stage.node(), slot));
        return true;
    }

    @Override
    public @Nullable Path readLink(Name name) throws IOException {
        Spot spot = existing(name);
        Path path = directory(spot).stablePath();
        return path == null
                ? null
                : Files.readSymbolicLink(path.resolve(spot.name().path()));
    }

    @Override
    public boolean isInPlace() {
        return false;
    }

    @Override
    public void deleteFile(Name name) throws IOException {
        Spot spot = existing(name);
        if (find(spot) == null) {
            throw new NoSuchFileException(name.text());
        }
        transaction.stage(node.top());
        node.plan(real, name, null);
        dropNew(spot);
    }

    @Override
    public void deleteDirectory(Name name) throws IOException {
        requireEmpty(name);
        Spot spot = existing(name);
        transaction.stage(node.top());
        node.plan(real, name, null);
        dropNew(spot);
    }

    /** What the transaction has made itself, and nothing stands for any more, need not wait for its end. */
    private void dropNew(Spot spot) throws IOException {
        Stage stage = spot.directory().stage();
        if (stage != null) {
            Stage.remove(transaction.operations(), stage.directory(), spot.name());
        }
    }

    private void requireEmpty(Name name) throws IOException {
        try (Directory directory = open(name)) {
            if (!directory.names().isEmpty()) {
                throw new DirectoryNotEmptyException(name.text());
            }
        }
    }

    @Override
    public void move(Name name, Directory target, Name newName) throws IOException {
        Spot moved = existing(name);
        BasicFileAttributes attributes = attributes(name);
        if (!(target instanceof PlannedDirectory other)) {
            throw new DifferentFileSystemException();
        }
        Spot replaced = other.spot(newName);
        if (Objects.equals(moved, replaced)) {
            return;
        }
        if (!transaction.stage(node.top()).isOnSameDevice(transaction.stage(other.node.top()))) {
            throw new AtomicMoveNotSupportedException(name.text(), newName.text(), "another device");
        }
        if (attributes.isDirectory() && other.find(replaced) != null) {
            try {
                other.requireEmpty(newName);
            } catch (DirectoryNotEmptyException full) {
                throw (IOException) new FileAlreadyExistsException(newName.text()).initCause(full);
            }
        }
        node.plan(real, name, null);
        other.node.plan(other.real, newName, moved);
        if (replaced != null) {
            dropNew(replaced);
        }
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
        if (!node.isNew()) {
            throw new AccessDeniedException("", null, "permissions are not part of a transaction");
        }
        real.setPermissions(permissions);
    }

    @Override
    public void force() {
        // Nothing has been changed yet.
    }

    @Override
    public void setPermissions(Name name, Set<PosixFilePermission> permissions) throws IOException {
        Spot spot = existing(name);
        Stage stage = spot.directory().stage();
        if (stage == null) {
            throw new AccessDeniedException("", null, "permissions are not part of a transaction");
        }
        transaction.operations().setPermissions(stage.directory(), spot.name(), permissions);
    }

    @Override
    public void close() {
        real.close();
    }
}
