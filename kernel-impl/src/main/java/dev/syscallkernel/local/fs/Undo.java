package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.fs.Plan.Change;
import dev.syscallkernel.local.fs.Plan.Folder;
import dev.syscallkernel.local.fs.Plan.Place;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes back a plan, however much of it was carried out, or taken back before. Each step looks first at what is there: if
 * it is as before, nothing is done; if it is as after, it is restored; if it is neither, it is left alone and reported.
 */
final class Undo {
    private final FileOperations operations;
    private final Plan plan;
    private final Folders folders;
    private final List<Path> doubts = new ArrayList<>();

    Undo(FileOperations operations, Plan plan, Folders folders) {
        this.operations = operations;
        this.plan = plan;
        this.folders = folders;
    }

    /** Answers what could not be restored, because it is neither as before nor as after. */
    List<Path> run() throws IOException {
        for (int i = plan.placed().size() - 1; i >= 0; i--) {
            takeAway(plan.folders().get(plan.placed().get(i)));
        }
        for (int i = plan.changes().size() - 1; i >= 0; i--) {
            restore(plan.changes().get(i));
        }
        for (int i = plan.displaced().size() - 1; i >= 0; i--) {
            putBack(plan.folders().get(plan.displaced().get(i)));
        }
        return doubts;
    }

    /** Renames a directory from its last place back into the stage. */
    private void takeAway(Folder folder) throws IOException {
        Place to = required(folder.to());
        Place slot = required(folder.slot());
        try (DirectoryHandle parent = folders.find(to.folder());
                DirectoryHandle stage = folders.stage(slot.folder())) {
            if (parent == null || !Folders.isAt(folder, parent, to)) {
                return; // It is not there, or not any more: whether it can be put back will show.
            }
            if (stage == null) {
                doubts.add(folders.path(to));
                return;
            }
            operations.rename(parent, Folders.name(to.name()), stage, Folders.name(slot.name()));
        }
    }

    private void putBack(Folder folder) throws IOException {
        Place from = required(folder.from());
        Place slot = required(folder.slot());
        try (DirectoryHandle parent = folders.find(from.folder());
                DirectoryHandle stage = folders.stage(slot.folder())) {
            if (parent != null && Folders.isAt(folder, parent, from)) {
                return;
            }
            Name name = Folders.name(from.name());
            if (parent == null || stage == null || parent.find(name) != null || !Folders.isAt(folder, stage, slot)) {
                doubts.add(folders.path(from));
                return;
            }
            operations.rename(stage, Folders.name(slot.name()), parent, name);
        }
    }

    private void restore(Change change) throws IOException {
        Place place = change.place();
        try (DirectoryHandle folder = folders.find(place.folder())) {
            if (folder == null) {
                doubts.add(folders.path(place));
                return;
            }
            Name name = Folders.name(place.name());
            FileId now = FileId.of(folder.find(name));
            if (isBefore(change, now)) {
                return;
            }
            if (isSame(change.after(), now) || isEqual(change, folder, name, now)) {
                restore(change, folder, name, now != null);
            } else if (!isAsBefore(change, folder, name, now)) {
                doubts.add(folders.path(place));
            }
        }
    }

    /** A directory in the place of a file is one that was not renamed into the stage. */
    private boolean isBefore(Change change, @Nullable FileId now) {
        return isSame(change.before(), now) || (change.before() == null && now != null && plan.displaces(now));
    }

    private static boolean isSame(@Nullable FileId expected, @Nullable FileId now) {
        return expected == null ? now == null : expected.isSame(now);
    }

    /** Whether it has the content of the new file, under another identity. */
    private static boolean isEqual(Change change, DirectoryHandle folder, Name name, @Nullable FileId now)
            throws IOException {
        FileId after = change.after();
        return now != null
                && after != null
                && !after.digest().isEmpty()
                && now.size() == after.size()
                && FileDigest.of(folder, name, now).equals(after.digest());
    }

    /** Whether it has the content of the old file, under another identity. */
    private boolean isAsBefore(Change change, DirectoryHandle folder, Name name, @Nullable FileId now)
            throws IOException {
        FileId before = change.before();
        Place backup = change.backup();
        if (now == null || before == null || backup == null || now.size() != before.size()) {
            return false;
        }
        try (DirectoryHandle stage = folders.stage(backup.folder())) {
            Name second = Folders.name(backup.name());
            FileId kept = stage == null ? null : FileId.of(stage.find(second));
            if (stage == null || kept == null) {
                return false;
            }
            String digest = FileDigest.of(stage, second, kept);
            return !digest.isEmpty() && digest.equals(FileDigest.of(folder, name, now));
        }
    }

    private void restore(Change change, DirectoryHandle folder, Name name, boolean present) throws IOException {
        Place backup = change.backup();
        if (backup == null) {
            if (present) {
                operations.deleteFile(folder, name);
            }
            return;
        }
        try (DirectoryHandle stage = folders.stage(backup.folder())) {
            Name second = Folders.name(backup.name());
            if (stage == null || !isSame(change.before(), FileId.of(stage.find(second)))) {
                doubts.add(folders.path(change.place()));
                return;
            }
            // Over a new name: between two names of one file, a rename does nothing, and the backup has to stay.
            Name third = Folders.name("r" + backup.name());
            if (stage.find(third) != null) {
                operations.deleteFile(stage, third);
            }
            operations.link(stage, second, stage, third);
            operations.rename(stage, third, folder, name);
        }
    }

    /** Waits until all that was taken back is on the device. */
    void force() throws IOException {
        Set<Integer> touched = new LinkedHashSet<>();
        plan.displaced()
                .forEach(i -> touched.add(required(plan.folders().get(i).from()).folder()));
        plan.changes().forEach(change -> touched.add(change.place().folder()));
        plan.placed()
                .forEach(i -> touched.add(required(plan.folders().get(i).to()).folder()));
        Set<Integer> stages = new LinkedHashSet<>();
        plan.folders().stream().map(Folder::slot).forEach(slot -> addFolder(slot, stages));
        plan.changes().forEach(change -> addFolder(change.backup() == null ? change.fresh() : change.backup(), stages));
        for (int folder : touched) {
            force(folders.find(folder));
        }
        for (int root : stages) {
            force(folders.stage(root));
        }
    }

    private static void addFolder(@Nullable Place place, Set<Integer> folders) {
        if (place != null) {
            folders.add(place.folder());
        }
    }

    private void force(@Nullable DirectoryHandle directory) throws IOException {
        try (directory) {
            if (directory != null) {
                operations.forceDirectory(directory);
            }
        }
    }

    private static Place required(@Nullable Place place) {
        if (place == null) {
            throw new IllegalStateException("the plan lacks a place");
        }
        return place;
    }
}
