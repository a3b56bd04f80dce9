package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;

/** The host's operations, which are recorded so that they can be done again, or some of them, to a {@link Model}. */
final class Recorder implements FileOperations {
    /** What the journal is called among the things that are waited for. */
    static final String JOURNAL = "journal";

    /** A wait that makes no difference to a model, which knows no more of a file than its content. */
    static final String EMPTY = "force an empty file";

    /**
     * One operation.
     *
     * @param text what it is
     * @param change what it does; null if it waits for the device
     * @param lost what it does if it does not reach the device while later ones do
     * @param concerns what has to be waited for until it is on the device for certain, or is waited for
     * @param names the names that it changes; what changes one name reaches the device in its order
     */
    record Step(
            String text, Model.@Nullable Change change, Model.Change lost, Set<String> concerns, Set<String> names) {
        boolean isForce() {
            return change == null;
        }

        /** The same, but that nobody waited for the device. */
        Step forgotten() {
            return new Step("no " + text, NOTHING, NOTHING, Set.of(), Set.of());
        }
    }

    private static final Model.Change NOTHING = model -> {};

    private final FileOperations host = new HostOperations();
    private final List<Step> steps = new ArrayList<>();
    private final Set<String> made = new HashSet<>();

    List<Step> steps() {
        return steps;
    }

    private static String id(DirectoryHandle directory) {
        return FileId.inode(directory.key());
    }

    private static String id(DirectoryHandle parent, Name name) throws IOException {
        return FileId.ofPresent(requireNonNull(parent.find(name))).inode();
    }

    private void change(String text, Model.Change change, String concern, String... names) {
        steps.add(new Step(text, change, NOTHING, Set.of(concern), Set.of(names)));
    }

    private static String name(String directory, Name name) {
        return directory + "/" + name.text();
    }

    private void force(String text, String concern) {
        steps.add(new Step(text, null, NOTHING, Set.of(concern), Set.of()));
    }

    private void made(DirectoryHandle parent, Name name, char kind, String content) throws IOException {
        String id = id(parent, name);
        // A model cannot tell two files apart that had the same inode one after the other.
        Assertions.assertThat(made.add(id)).as("no inode is used twice").isTrue();
        String directory = id(parent);
        change(
                "make " + name.text(),
                model -> {
                    model.make(id, kind, content);
                    model.enter(directory, name.text(), id);
                },
                directory,
                name(directory, name));
    }

    @Override
    public void makeDirectory(DirectoryHandle parent, Name name, FileAttribute<?>... attributes) throws IOException {
        host.makeDirectory(parent, name, attributes);
        made(parent, name, 'd', "");
    }

    @Override
    public void makeLink(DirectoryHandle parent, Name name, Path text) throws IOException {
        host.makeLink(parent, name, text);
        made(parent, name, 'l', text.toString());
    }

    @Override
    public FileChannel createFile(
            DirectoryHandle parent, Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        FileChannel channel = host.createFile(parent, name, options, attributes);
        made(parent, name, 'f', "");
        return channel;
    }

    @Override
    public void setPermissions(DirectoryHandle parent, Name name, Set<PosixFilePermission> permissions)
            throws IOException {
        host.setPermissions(parent, name, permissions);
    }

    @Override
    public void link(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        host.link(parent, name, newParent, newName);
        String id = id(newParent, newName);
        String directory = id(newParent);
        change(
                "link " + newName.text(),
                model -> model.enter(directory, newName.text(), id),
                directory,
                name(directory, newName));
    }

    @Override
    public void rename(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        String id = id(parent, name);
        host.rename(parent, name, newParent, newName);
        String from = id(parent);
        String to = id(newParent);
        steps.add(new Step(
                "rename " + name.text() + " to " + newName.text(),
                model -> {
                    model.leave(from, name.text(), id);
                    model.enter(to, newName.text(), id);
                },
                NOTHING,
                from.equals(to) ? Set.of(from) : Set.of(from, to),
                Set.of(name(from, name), name(to, newName))));
    }

    @Override
    public void deleteFile(DirectoryHandle parent, Name name) throws IOException {
        String id = id(parent, name);
        host.deleteFile(parent, name);
        String directory = id(parent);
        change(
                "delete " + name.text(),
                model -> model.leave(directory, name.text(), id),
                directory,
                name(directory, name));
    }

    @Override
    public void deleteDirectory(DirectoryHandle parent, Name name) throws IOException {
        String id = id(parent, name);
        host.deleteDirectory(parent, name);
        String directory = id(parent);
        change(
                "remove " + name.text(),
                model -> model.leave(directory, name.text(), id),
                directory,
                name(directory, name));
    }

    @Override
    public void forceFile(DirectoryHandle parent, Name name) throws IOException {
        String id = id(parent, name);
        String content;
        try (FileChannel channel = parent.openFile(name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
            channel.read(bytes);
            content = new String(bytes.array(), UTF_8);
        }
        change("write " + name.text(), model -> model.write(id, content), id);
        host.forceFile(parent, name);
        force(content.isEmpty() ? EMPTY : "force file " + name.text(), id);
    }

    @Override
    public void forceOpenFile(FileChannel file) {
        throw new AssertionError("transactions wait for files by their names");
    }

    @Override
    public void forceDirectory(DirectoryHandle directory) throws IOException {
        host.forceDirectory(directory);
        force("force directory " + id(directory), id(directory));
    }

    @Override
    public void append(RandomAccessFile journal, long at, ByteBuffer entry, int reserve) throws IOException {
        byte[] bytes = new byte[entry.remaining()];
        entry.duplicate().get(bytes);
        host.append(journal, at, entry, reserve);
        steps.add(new Step(
                "append " + (char) bytes[Integer.BYTES],
                model -> model.append(bytes),
                model -> model.appendHole(bytes.length),
                Set.of(JOURNAL),
                Set.of()));
    }

    @Override
    public void forceJournal(RandomAccessFile journal) throws IOException {
        host.forceJournal(journal);
        force("force journal", JOURNAL);
    }

    @Override
    public void cut(RandomAccessFile journal, long size, int reserve) throws IOException {
        host.cut(journal, size, reserve);
        if (size == 0) {
            change("cut", Model::clearJournal, JOURNAL);
        } // else what was behind the records is cut off, of which a model has nothing
    }

    @Override
    public RandomAccessFile replaceJournal(Path journal, ByteBuffer content) {
        throw new AssertionError("the journal is not large");
    }
}
