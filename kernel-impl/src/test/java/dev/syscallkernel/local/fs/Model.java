package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A file system in memory, as it is found after a power failure, with the inodes of a real one. */
final class Model {

    /** A file or directory; the content of a link is its text. */
    record Inode(char kind, String content, Map<String, String> entries) {
        static Inode directory() {
            return new Inode('d', "", new LinkedHashMap<>());
        }

        Inode copy() {
            return kind == 'd' ? new Inode(kind, content, new LinkedHashMap<>(entries)) : this;
        }
    }

    /** Something that was done to the file system. */
    interface Change {
        void apply(Model model);
    }

    private final Map<String, Inode> inodes;
    private final String root;
    private final List<byte[]> journal;

    private Model(Map<String, Inode> inodes, String root, List<byte[]> journal) {
        this.inodes = inodes;
        this.root = root;
        this.journal = journal;
    }

    /** Nothing but a directory. */
    static Model empty() {
        Map<String, Inode> inodes = new HashMap<>();
        inodes.put("0", Inode.directory());
        return new Model(inodes, "0", new ArrayList<>());
    }

    /** What is in a directory of the host. */
    static Model of(Path directory) throws IOException {
        Map<String, Inode> inodes = new HashMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                BasicFileAttributes attributes =
                        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                FileId id = FileId.ofPresent(attributes);
                inodes.computeIfAbsent(id.inode(), inode -> inode(id, file));
                if (!file.equals(directory)) {
                    String parent = FileId.ofPresent(Files.readAttributes(file.getParent(), BasicFileAttributes.class))
                            .inode();
                    requireNonNull(inodes.get(parent))
                            .entries
                            .put(file.getFileName().toString(), id.inode());
                }
            }
        }
        return new Model(
                inodes,
                FileId.ofPresent(Files.readAttributes(directory, BasicFileAttributes.class))
                        .inode(),
                new ArrayList<>());
    }

    private static Inode inode(FileId id, Path file) {
        try {
            return switch (id.kind()) {
                case 'd' -> Inode.directory();
                case 'l' -> new Inode('l', Files.readSymbolicLink(file).toString(), Map.of());
                default -> new Inode('f', Files.readString(file), Map.of());
            };
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    Model copy() {
        Map<String, Inode> copies = new HashMap<>(inodes.size() * 2);
        inodes.forEach((id, inode) -> copies.put(id, inode.copy()));
        return new Model(copies, root, new ArrayList<>(journal));
    }

    /** Where files are made that a channel is needed of. */
    Path copies() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }

    String root() {
        return root;
    }

    Inode inode(String id) {
        Inode inode = inodes.get(id);
        if (inode == null) {
            throw new IllegalStateException("no inode " + id);
        }
        return inode;
    }

    boolean knows(String id) {
        return inodes.containsKey(id);
    }

    void make(String id, char kind, String content) {
        inodes.putIfAbsent(id, kind == 'd' ? Inode.directory() : new Inode(kind, content, Map.of()));
    }

    void write(String id, String content) {
        inodes.computeIfPresent(id, (key, old) -> new Inode(old.kind, content, old.entries));
    }

    /** A name for an inode, if the directory and the inode are there. A directory has only one name. */
    void enter(String directory, String name, String id) {
        if (!knows(directory) || !knows(id)) {
            return;
        }
        if (inode(id).kind == 'd') {
            inodes.values().forEach(other -> other.entries.values().remove(id));
        }
        inode(directory).entries.put(name, id);
    }

    /** Takes a name away, if it still stands for this inode. */
    void leave(String directory, String name, String id) {
        if (knows(directory)) {
            inode(directory).entries.remove(name, id);
        }
    }

    void append(byte[] entry) {
        journal.add(entry);
    }

    /** A record that did not reach the device, though perhaps later ones did. */
    void appendHole(int size) {
        journal.add(new byte[size]);
    }

    void clearJournal() {
        journal.clear();
    }

    List<byte[]> journal() {
        return journal;
    }

    /** Every path, with what is there and how many names it has. */
    Map<String, String> snapshot() {
        Map<String, Integer> names = new HashMap<>();
        count(root, names);
        Map<String, String> snapshot = new TreeMap<>();
        describe(root, "", names, snapshot);
        return snapshot;
    }

    /** Only names that a path leads to: a removed directory has none. */
    private void count(String directory, Map<String, Integer> names) {
        inode(directory).entries.values().forEach(id -> {
            names.merge(id, 1, Integer::sum);
            count(id, names);
        });
    }

    private void describe(String directory, String path, Map<String, Integer> names, Map<String, String> snapshot) {
        inode(directory).entries.forEach((name, id) -> {
            Inode inode = inode(id);
            snapshot.put(path + name, inode.kind + " " + names.get(id) + " " + inode.content);
            if (inode.kind == 'd') {
                describe(id, path + name + "/", names, snapshot);
            }
        });
    }
}
