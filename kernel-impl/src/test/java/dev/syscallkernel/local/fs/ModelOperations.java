package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** What a recovery does to a {@link Model}; its journal is a file of the host. */
record ModelOperations(Model model) implements FileOperations {
    private static final FileOperations HOST = new HostOperations();

    private static String id(DirectoryHandle directory) {
        return FileId.inode(directory.key());
    }

    @Override
    public void makeDirectory(DirectoryHandle parent, Name name, FileAttribute<?>... attributes) {
        throw new AssertionError("a recovery makes no directory");
    }

    @Override
    public void makeLink(DirectoryHandle parent, Name name, Path text) {
        throw new AssertionError("a recovery makes no symbolic link");
    }

    @Override
    public FileChannel createFile(
            DirectoryHandle parent, Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes) {
        throw new AssertionError("a recovery makes no file");
    }

    @Override
    public void setPermissions(DirectoryHandle parent, Name name, Set<PosixFilePermission> permissions) {
        throw new AssertionError("a recovery sets no permissions");
    }

    @Override
    public void link(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        model.enter(
                id(newParent),
                newName.text(),
                FileId.ofPresent(requireNonNull(parent.find(name))).inode());
    }

    @Override
    public void rename(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        parent.move(name, newParent, newName);
    }

    @Override
    public void deleteFile(DirectoryHandle parent, Name name) throws IOException {
        parent.deleteFile(name);
    }

    @Override
    public void deleteDirectory(DirectoryHandle parent, Name name) throws IOException {
        parent.deleteDirectory(name);
    }

    @Override
    public void forceFile(DirectoryHandle parent, Name name) {}

    @Override
    public void forceOpenFile(FileChannel file) {
        throw new AssertionError("a recovery opens no file");
    }

    @Override
    public void forceDirectory(DirectoryHandle directory) {}

    @Override
    public void append(RandomAccessFile journal, long at, ByteBuffer entry, int reserve) throws IOException {
        HOST.append(journal, at, entry, reserve);
    }

    @Override
    public void forceJournal(RandomAccessFile journal) {}

    @Override
    public void cut(RandomAccessFile journal, long size, int reserve) throws IOException {
        HOST.cut(journal, size, reserve);
    }

    @Override
    public RandomAccessFile replaceJournal(Path journal, ByteBuffer content) {
        throw new AssertionError("the journal is not large");
    }
}
