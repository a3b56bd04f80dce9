package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.fs.Plan.Folder;
import dev.syscallkernel.local.fs.Plan.Place;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the directories of a plan, however much of it has been carried out, by looking for each in the places where it
 * may be. Never follows a link. Used by one thread.
 */
final class Folders {
    private static final FileSystem HOST = FileSystems.getDefault();

    private final Plan plan;
    private final Map<String, DirectoryHandle> roots;
    private final @Nullable Path scratch;
    private final Name stageName;
    private final BitSet within = new BitSet(); // the folders that are being looked for

    /**
     * @param roots the open roots of mounts, by where they are on the host; those that could be opened
     * @param scratch beneath it, directories do not outlive their kernel; null if that is alive
     */
    Folders(Plan plan, Map<String, DirectoryHandle> roots, @Nullable Path scratch, String transaction) {
        this.scratch = scratch;
        this.plan = plan;
        this.roots = roots;
        this.stageName = HiddenNames.stage(HOST, transaction);
    }

    static Name name(String text) {
        return Name.internal(HOST, text);
    }

    /** Opens a folder; null if it is in none of its places. The caller closes it. */
    @Nullable
    DirectoryHandle find(int index) throws IOException {
        Folder folder = plan.folders().get(index);
        if (folder.isRoot()) {
            DirectoryHandle root = roots.get(folder.hostPath());
            return root == null ? null : root.share();
        }
        if (within.get(index)) {
            return null; // No directory is within itself.
        }
        within.set(index);
        try {
            DirectoryHandle found = folder.from() == null
                    ? null
                    : enter(folder, find(folder.from().folder()), folder.from());
            if (found == null && folder.to() != null) {
                found = enter(folder, find(folder.to().folder()), folder.to());
            }
            if (found == null && folder.slot() != null) {
                found = enter(folder, stage(folder.slot().folder()), folder.slot());
            }
            return found;
        } finally {
            within.clear(index);
        }
    }

    /** Whether a folder was in a scratch directory that is no more: nobody misses what was in it. */
    boolean isLost(int index) {
        Folder folder = plan.folders().get(index);
        Place above = folder.from() == null ? folder.to() : folder.from();
        if (!folder.isRoot()) {
            return above != null && isLost(above.folder());
        }
        return scratch != null
                && !roots.containsKey(folder.hostPath())
                && Path.of(folder.hostPath()).startsWith(scratch);
    }

    /** Opens the stage in the root of a mount; null if there is none. The caller closes it. */
    @Nullable
    DirectoryHandle stage(int root) throws IOException {
        try (DirectoryHandle parent = find(root)) {
            FileId stage = parent == null ? null : FileId.of(parent.find(stageName));
            return parent == null || stage == null || !stage.isDirectory() ? null : parent.enter(stageName);
        }
    }

    private static @Nullable DirectoryHandle enter(Folder folder, @Nullable DirectoryHandle parent, Place place)
            throws IOException {
        try (parent) {
            return parent != null && isAt(folder, parent, place) ? parent.enter(name(place.name())) : null;
        }
    }

    /** Whether a folder is under its name in a directory. */
    static boolean isAt(Folder folder, DirectoryHandle parent, Place place) throws IOException {
        FileId id = FileId.of(parent.find(name(place.name())));
        return id != null && id.isDirectory() && id.inode().equals(folder.inode());
    }

    /** Where on the host a name is, or will be if its folder is a new one. */
    Path path(Place place) {
        Folder folder = plan.folders().get(place.folder());
        Place above = folder.from() == null ? folder.to() : folder.from();
        Path parent = folder.isRoot() || above == null ? Path.of(folder.hostPath()) : path(above);
        return parent.resolve(place.name());
    }
}
