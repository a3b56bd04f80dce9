package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.fs.Plan.Change;
import dev.syscallkernel.local.fs.Plan.Folder;
import dev.syscallkernel.local.fs.Plan.Place;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Carries out a plan, by renaming and removing names only. */
final class Application {
    private final FileOperations operations;
    private final Plan plan;
    private final List<Node> nodes;
    private final Transaction transaction;

    /** @param nodes those of the plan's folders */
    Application(Transaction transaction, Plan plan, List<Node> nodes) {
        this.operations = transaction.operations();
        this.transaction = transaction;
        this.plan = plan;
        this.nodes = nodes;
    }

    void run() throws IOException {
        for (int i : plan.displaced()) {
            displace(plan.folders().get(i));
        }
        for (Change change : plan.changes()) {
            change(change);
        }
        for (int i : plan.displaced()) {
            requireEmptyIfRemoved(plan.folders().get(i));
        }
        for (int i : plan.placed()) {
            place(plan.folders().get(i));
        }
    }

    private void displace(Folder folder) throws IOException {
        Place from = required(folder.from());
        requireUnchanged(from, folder.inode());
        rename(
                folder(from),
                from.name(),
                stage(required(folder.slot())),
                required(folder.slot()).name());
    }

    private void requireUnchanged(Place place, String inode) throws IOException {
        FileId now = FileId.of(folder(place).find(name(place.name())));
        if (now == null || !now.isDirectory() || !now.inode().equals(inode)) {
            throw new SwappedException(null);
        }
    }

    private void change(Change change) throws IOException {
        Place place = change.place();
        DirectoryHandle folder = folder(place);
        FileId now = FileId.of(folder.find(name(place.name())));
        if (now == null ? change.before() != null : !now.isSame(change.before())) {
            throw new SwappedException(null);
        }
        Place fresh = change.fresh();
        if (fresh == null) {
            operations.deleteFile(folder, name(place.name()));
        } else {
            rename(stage(fresh), fresh.name(), folder, place.name());
        }
    }

    /** Somebody outside of the kernel may have put something in. */
    private void requireEmptyIfRemoved(Folder folder) throws IOException {
        Place slot = required(folder.slot());
        if (folder.to() == null) {
            try (DirectoryHandle removed = stage(slot).enter(name(slot.name()))) {
                if (removed.names().stream().anyMatch(name -> !HiddenNames.isHidden(name.text()))) {
                    throw new DirectoryNotEmptyException(slot.name());
                }
            }
        }
    }

    private void place(Folder folder) throws IOException {
        Place slot = required(folder.slot());
        Place to = required(folder.to());
        DirectoryHandle parent = folder(to);
        if (parent.find(name(to.name())) != null) {
            throw new SwappedException(null);
        }
        rename(stage(slot), slot.name(), parent, to.name());
    }

    /** Waits until all names that were changed are on the device. */
    void force() throws IOException {
        Set<DirectoryHandle> touched = new LinkedHashSet<>();
        plan.displaced()
                .forEach(i -> touched.add(folder(required(plan.folders().get(i).from()))));
        plan.changes().forEach(change -> touched.add(folder(change.place())));
        plan.placed()
                .forEach(i -> touched.add(folder(required(plan.folders().get(i).to()))));
        transaction.stages().forEach(stage -> touched.add(stage.directory()));
        for (DirectoryHandle directory : touched) {
            try {
                operations.forceDirectory(directory);
            } catch (IOException failure) {
                throw new ForceFailedException(failure);
            }
        }
    }

    private void rename(DirectoryHandle from, String name, DirectoryHandle to, String newName) throws IOException {
        operations.rename(from, name(name), to, name(newName));
    }

    private DirectoryHandle folder(Place place) {
        return nodes.get(place.folder()).handle();
    }

    private DirectoryHandle stage(Place slot) {
        Stage stage = transaction.stageOf(nodes.get(slot.folder()));
        return stage.directory();
    }

    private Name name(String text) {
        return Name.internal(nodes.get(0).fileSystem(), text);
    }

    private static Place required(@Nullable Place place) {
        if (place == null) {
            throw new IllegalStateException("the plan lacks a place");
        }
        return place;
    }
}
