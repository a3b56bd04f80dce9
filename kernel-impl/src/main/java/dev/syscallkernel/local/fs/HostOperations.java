package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Changes the host's files, beneath directory handles: what Java does by path only, by a path that leads to a handle. */
final class HostOperations implements FileOperations {
    private static final FileAttribute<?> OWN =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    private static final Set<OpenOption> WRITE = Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

    @Override
    public void makeDirectory(DirectoryHandle parent, Name name, FileAttribute<?>... attributes) throws IOException {
        Files.createDirectory(path(parent, name), attributes);
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
        try (FileChannel channel = openAnyhow(parent, name)) {
            forceOpenFile(channel);
        }
    }

    /** A file may have permissions that let its owner only read it, or only write. */
    private static FileChannel openAnyhow(DirectoryHandle parent, Name name) throws IOException {
        try {
            return parent.openFile(name, READ);
        } catch (AccessDeniedException unreadable) {
            return parent.openFile(name, WRITE);
        }
    }

    @Override
    public void forceOpenFile(FileChannel file) throws IOException {
        file.force(true);
    }

    @Override
    public void forceDirectory(DirectoryHandle directory) throws IOException {
        directory.force();
    }

    @Override
    public void append(RandomAccessFile journal, long at, ByteBuffer entry, int reserve) throws IOException {
        byte[] bytes = new byte[entry.remaining() + reserve];
        entry.get(bytes, 0, entry.remaining()); // and zeros
        journal.seek(at);
        journal.write(bytes);
    }

    @Override
    public void forceJournal(RandomAccessFile journal) throws IOException {
        journal.getFD().sync();
    }

    @Override
    public void cut(RandomAccessFile journal, long size, int reserve) throws IOException {
        if (journal.length() > size + reserve) {
            journal.setLength(size + reserve);
        }
        journal.seek(size);
        journal.write(new byte[reserve]); // in space that it has
    }

    @Override
    public RandomAccessFile replaceJournal(Path journal, ByteBuffer content) throws IOException {
        Path fresh = journal.resolveSibling(journal.getFileName() + ".new");
        Files.deleteIfExists(fresh); // of a kernel that was killed here
        Files.createFile(fresh, OWN);
        RandomAccessFile file = new RandomAccessFile(fresh.toFile(), "rw");
        try {
            append(file, 0, content, 0);
            forceJournal(file);
            Files.move(fresh, journal, StandardCopyOption.ATOMIC_MOVE);
            forceParent(journal);
            return file;
        } catch (IOException | RuntimeException | Error failure) {
            file.close();
            throw failure;
        }
    }

    /** Opens the file of a journal, which is created where needed. */
    static RandomAccessFile openJournal(Path journal) throws IOException {
        if (!Files.exists(journal)) {
            Files.createFile(journal, OWN);
            forceParent(journal);
        }
        return new RandomAccessFile(journal.toFile(), "rw");
    }

    private static void forceParent(Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            try (Directory directory = Directory.open(parent)) {
                directory.force();
            }
        }
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
