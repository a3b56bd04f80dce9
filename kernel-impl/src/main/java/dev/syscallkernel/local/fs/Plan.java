package dev.syscallkernel.local.fs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a transaction is going to change, as a later kernel has to know it to undo it.
 *
 * <p>It is carried out in three phases. First, directories that will be elsewhere, or nowhere, are renamed into the
 * stage. Then each name that stands for another file is changed by one rename out of the stage, or removed. At last,
 * directories are renamed out of the stage to where they belong. So no step depends on the order within its phase, and
 * each can be undone by itself.
 *
 * @param folders the directories concerned, each after those that it is in at the beginning
 * @param displaced the folders of the first phase, those within others first
 * @param changes the second phase
 * @param placed the folders of the last phase, those within others last
 */
record Plan(List<Folder> folders, List<Integer> displaced, List<Change> changes, List<Integer> placed) {
    /** Of what is written; negative, unlike the beginning of plans from before there were versions. */
    private static final int VERSION = -2;

    /** A name in a folder. */
    record Place(int folder, String name) {}

    /**
     * A directory. At any moment it is in one of three places.
     *
     * @param hostPath for the root of a mount, where that is on the host; empty for other directories
     * @param inode its identity
     * @param from where it is at the beginning; null for a root and for a new one
     * @param slot where it is in between: in the stage of a root; null if it stays where it is
     * @param to where it is in the end; null if it stays, or is removed
     */
    record Folder(
            String hostPath,
            String inode,
            @Nullable Place from,
            @Nullable Place slot,
            @Nullable Place to) {
        boolean isRoot() {
            return !hostPath.isEmpty();
        }
    }

    /**
     * Another file under a name.
     *
     * @param place the name
     * @param before what it stands for at the beginning; null for no file
     * @param backup a second name of that, in the stage of a root
     * @param after what it stands for in the end; null for no file
     * @param fresh a name of that in the stage of a root
     */
    record Change(
            Place place,
            @Nullable FileId before,
            @Nullable Place backup,
            @Nullable FileId after,
            @Nullable Place fresh) {}

    Plan {
        folders = List.copyOf(folders);
        displaced = List.copyOf(displaced);
        changes = List.copyOf(changes);
        placed = List.copyOf(placed);
    }

    boolean isEmpty() {
        return displaced.isEmpty() && changes.isEmpty() && placed.isEmpty();
    }

    /** Whether this directory is one that the first phase renames. */
    boolean displaces(FileId directory) {
        return directory.isDirectory()
                && displaced.stream().anyMatch(i -> folders.get(i).inode.equals(directory.inode()));
    }

    byte[] encode() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(VERSION);
        out.writeInt(folders.size());
        for (Folder folder : folders) {
            out.writeUTF(folder.hostPath);
            out.writeUTF(folder.inode);
            write(out, folder.from);
            write(out, folder.slot);
            write(out, folder.to);
        }
        write(out, displaced);
        out.writeInt(changes.size());
        for (Change change : changes) {
            write(out, change.place);
            FileId.write(out, change.before);
            write(out, change.backup);
            FileId.write(out, change.after);
            write(out, change.fresh);
        }
        write(out, placed);
        return bytes.toByteArray();
    }

    static Plan decode(ByteBuffer encoded) throws IOException {
        byte[] bytes = new byte[encoded.remaining()];
        encoded.duplicate().get(bytes);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int version = in.readInt();
        if (version != VERSION) {
            throw new IOException("the plan was written by another version of the kernel (" + version + ", not "
                    + VERSION + "); start that version to end it, or accept the files as they are");
        }
        List<Folder> folders = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            folders.add(new Folder(in.readUTF(), in.readUTF(), readPlace(in), readPlace(in), readPlace(in)));
        }
        List<Integer> displaced = readNumbers(in);
        List<Change> changes = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            Place place = readPlace(in);
            if (place == null) {
                throw new IOException("a change without a name");
            }
            changes.add(new Change(place, FileId.read(in), readPlace(in), FileId.read(in), readPlace(in)));
        }
        return new Plan(folders, displaced, changes, readNumbers(in));
    }

    private static void write(DataOutputStream out, @Nullable Place place) throws IOException {
        out.writeInt(place == null ? -1 : place.folder);
        if (place != null) {
            out.writeUTF(place.name);
        }
    }

    private static @Nullable Place readPlace(DataInputStream in) throws IOException {
        int folder = in.readInt();
        return folder < 0 ? null : new Place(folder, in.readUTF());
    }

    private static void write(DataOutputStream out, List<Integer> numbers) throws IOException {
        out.writeInt(numbers.size());
        for (int number : numbers) {
            out.writeInt(number);
        }
    }

    private static List<Integer> readNumbers(DataInputStream in) throws IOException {
        List<Integer> numbers = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            numbers.add(in.readInt());
        }
        return numbers;
    }
}
