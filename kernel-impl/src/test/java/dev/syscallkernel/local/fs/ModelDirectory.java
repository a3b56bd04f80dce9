package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A directory of a {@link Model}. */
record ModelDirectory(Model model, String id) implements Directory {

    private record Attributes(String id, char kind, long size) implements BasicFileAttributes {
        @Override
        public FileTime lastModifiedTime() {
            return FileTime.fromMillis(0);
        }

        @Override
        public FileTime lastAccessTime() {
            return FileTime.fromMillis(0);
        }

        @Override
        public FileTime creationTime() {
            return FileTime.fromMillis(0);
        }

        @Override
        public boolean isRegularFile() {
            return kind == 'f';
        }

        @Override
        public boolean isDirectory() {
            return kind == 'd';
        }

        @Override
        public boolean isSymbolicLink() {
            return kind == 'l';
        }

        @Override
        public boolean isOther() {
            return false;
        }

        @Override
        public Object fileKey() {
            return "(dev=1,ino=" + id + ")";
        }
    }

    private Map<String, String> entries() {
        return model.inode(id).entries();
    }

    private String entry(Name name) throws IOException {
        String found = entries().get(name.text());
        if (found == null) {
            throw new NoSuchFileException(name.text());
        }
        return found;
    }

    private BasicFileAttributes attributes(String inode) {
        Model.Inode found = model.inode(inode);
        return new Attributes(inode, found.kind(), found.content().length());
    }

    @Override
    public BasicFileAttributes attributes() {
        return attributes(id);
    }

    @Override
    public BasicFileAttributes attributes(Name name) throws IOException {
        return attributes(entry(name));
    }

    @Override
    public Directory open(Name name) throws IOException {
        return new ModelDirectory(model, entry(name));
    }

    @Override
    public @Nullable StablePath stablePath() {
        return null;
    }

    @Override
    public List<Name> names() {
        return entries().keySet().stream().map(Folders::name).toList();
    }

    @Override
    public FileChannel openFile(Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        Path copy = Files.createTempFile(model.copies(), "model", "");
        Files.writeString(copy, model.inode(entry(name)).content());
        return FileChannel.open(copy, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE);
    }

    @Override
    public void deleteFile(Name name) throws IOException {
        model.leave(id, name.text(), entry(name));
    }

    @Override
    public void deleteDirectory(Name name) throws IOException {
        if (!model.inode(entry(name)).entries().isEmpty()) {
            throw new DirectoryNotEmptyException(name.text());
        }
        model.leave(id, name.text(), entry(name));
    }

    @Override
    public void move(Name name, Directory target, Name newName) throws IOException {
        String moved = entry(name);
        ModelDirectory other = (ModelDirectory) target;
        if (moved.equals(other.entries().get(newName.text()))) {
            return; // Two names of one file: nothing happens.
        }
        model.leave(id, name.text(), moved);
        model.enter(other.id, newName.text(), moved);
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) {}

    @Override
    public void force() {}

    @Override
    public void setPermissions(Name name, Set<PosixFilePermission> permissions) {}

    @Override
    public void close() {}
}
