package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.fs.Plan.Change;
import dev.syscallkernel.local.fs.Plan.Folder;
import dev.syscallkernel.local.fs.Plan.Place;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
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
    private final BitSet wanted;
    private final BitSet doubtful = new BitSet();
    private final List<Path> doubts = new ArrayList<>();
    private int step;

    /** @param wanted the steps that have not been undone before; in the order of the plan's three phases */
    Undo(FileOperations operations, Plan plan, Folders folders, BitSet wanted) {
        this.operations = operations;
        this.plan = plan;
        this.folders = folders;
        this.wanted = wanted;
    }

    /** All steps of a plan. */
    static BitSet allSteps(Plan plan) {
        BitSet all = new BitSet();
        all.set(
                0,
                plan.displaced().size() + plan.changes().size() + plan.placed().size());
        return all;
    }

    private interface Step {
        void undo() throws IOException;
    }

    /** Undoes all that can be. */
    void run() throws IOException {
        int changes = plan.displaced().size();
        int placed = changes + plan.changes().size();
        for (int i = plan.placed().size() - 1; i >= 0; i--) {
            int folder = plan.placed().get(i);
            undo(placed + i, () -> takeAway(folder));
        }
        for (int i = plan.changes().size() - 1; i >= 0; i--) {
            Change change = plan.changes().get(i);
            undo(changes + i, () -> restore(change));
        }
        for (int i = plan.displaced().size() - 1; i >= 0; i--) {
            Folder folder = plan.folders().get(plan.displaced().get(i));
            undo(i, () -> putBack(folder));
        }
    }

    private void undo(int number, Step work) throws IOException {
        if (wanted.get(number)) {
            step = number;
            work.undo();
        }
    }

    private void doubt(Place place) {
        doubtful.set(step);
        doubts.add(folders.path(place));
    }

    /** What could not be restored, because it is neither as before nor as after. */
    List<Path> doubts() {
        return doubts;
    }

    /** The steps that could not be undone. */
    BitSet doubtful() {
        return doubtful;
    }

    /** Renames a directory from its last place back into the stage. */
    private void takeAway(int index) throws IOException {
        Folder folder = plan.folders().get(index);
        Place to = required(folder.to());
        Place slot = required(folder.slot());
        try (DirectoryHandle parent = folders.find(to.folder());
                DirectoryHandle stage = folders.stage(slot.folder())) {
            if (parent == null || !Folders.isAt(folder, parent, to)) {
                return; // It is not there, or not any more: whether it can be put back will show.
            }
            if (stage == null || (folder.from() == null && hasStrangers(index, parent, to))) {
                doubt(to);
                return;
            }
            operations.rename(parent, Folders.name(to.name()), stage, Folders.name(slot.name()));
        }
    }

    /** Whether somebody outside of the kernel has put something into a new directory, which would be lost with it. */
    private boolean hasStrangers(int index, DirectoryHandle parent, Place to) throws IOException {
        try (DirectoryHandle directory = parent.enter(Folders.name(to.name()))) {
            for (Name name : directory.names()) {
                if (!HiddenNames.isHidden(name.text()) && !isOwn(index, directory, name)) {
                    return true;
                }
            }
            return false;
        }
    }

    private boolean isOwn(int index, DirectoryHandle directory, Name name) throws IOException {
        Place place = new Place(index, name.text());
        FileId now = FileId.of(directory.find(name));
        for (Change change : plan.changes()) {
            if (change.place().equals(place)) {
                return now == null || isAfter(change, directory, name, now);
            }
        }
        return now == null;
    }

    private void putBack(Folder folder) throws IOException {
        Place from = required(folder.from());
        Place slot = required(folder.slot());
        try (DirectoryHandle parent = folders.find(from.folder());
                DirectoryHandle stage = folders.stage(slot.folder())) {
            if ((parent != null && Folders.isAt(folder, parent, from)) || folders.isLost(from.folder())) {
                return;
            }
            Name name = Folders.name(from.name());
            if (parent == null || stage == null || parent.find(name) != null || !Folders.isAt(folder, stage, slot)) {
                doubt(from);
                return;
            }
            operations.rename(stage, Folders.name(slot.name()), parent, name);
        }
    }

    private void restore(Change change) throws IOException {
        Place place = change.place();
        try (DirectoryHandle folder = folders.find(place.folder())) {
            if (folder == null) {
                if (!folders.isLost(place.folder())) {
                    doubt(place);
                }
                return;
            }
            Name name = Folders.name(place.name());
            FileId now = FileId.of(folder.find(name));
            if (isBefore(change, now)) {
                return;
            }
            if (isAfter(change, folder, name, now)) {
                restore(change, folder, name, now != null);
            } else if (!isAsBefore(change, folder, name, now)) {
                doubt(place);
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

    /**
     * Whether it is the new file, or has the content of it under another identity. A new file is removed for ever: so one
     * that somebody has written to since does not count as the same.
     */
    private boolean isAfter(Change change, DirectoryHandle folder, Name name, @Nullable FileId now) throws IOException {
        FileId after = change.after();
        if (now == null || after == null) {
            return now == null && after == null;
        }
        if (after.digest().isEmpty()) {
            // One that was moved is not lost: it has another name in the stage.
            return isMoved(after) ? after.isSame(now) : after.isUntouched(now);
        }
        return now.kind() == 'f'
                && now.size() == after.size()
                && FileDigest.of(folder, name, now).equals(after.digest());
    }

    private boolean isMoved(FileId after) {
        return plan.changes().stream().anyMatch(change -> after.isSame(change.before()));
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
                doubt(change.place());
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
