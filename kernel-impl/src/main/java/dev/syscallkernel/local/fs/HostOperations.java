package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** Changes the host's files, beneath directory handles: what Java does by path only, by a path that leads to a handle. */
final class HostOperations implements FileOperations {
    private static final Set<OpenOption> WRITE = Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    @Override
    public void makeDirectory(DirectoryHandle parent, Name name) throws IOException {
        Files.createDirectory(path(parent, name));
    }

    @Override
    public void makeLink(DirectoryHandle parent, Name name, Path text) throws IOException {
        Files.createSymbolicLink(path(parent, name), text);
    }

    @Override
    public FileChannel createFile(
            DirectoryHandle parent, Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return parent.openFile(name, options, attributes);
    }

    @Override
    public void setPermissions(DirectoryHandle parent, Name name, Set<PosixFilePermission> permissions)
            throws IOException {
        parent.setPermissions(name, permissions);
    }

    @Override
    public void link(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        Files.createLink(path(newParent, newName), path(parent, name));
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
    public void forceFile(DirectoryHandle parent, Name name) throws IOException {
        try (FileChannel channel = parent.openFile(name, WRITE)) {
            channel.force(true);
        }
    }

    @Override
    public void forceDirectory(DirectoryHandle directory) throws IOException {
        directory.force();
    }

    @Override
    public void append(FileChannel journal, ByteBuffer entry) throws IOException {
        long at = journal.size();
        while (entry.hasRemaining()) {
            at += journal.write(entry, at);
        }
    }

    @Override
    public void forceJournal(FileChannel journal) throws IOException {
        journal.force(false);
    }

    @Override
    public void cut(FileChannel journal, long size) throws IOException {
        journal.truncate(size);
    }

    /** Valid for as long as the directory is held. */
    private static Path path(DirectoryHandle directory, Name name) throws IOException {
        Path stable = directory.stablePath();
        if (stable == null) {
            throw new UnstablePathException();
        }
        return stable.resolve(name.path());
    }
}
