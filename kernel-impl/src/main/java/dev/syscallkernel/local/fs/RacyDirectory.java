package dev.syscallkernel.local.fs;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A directory known by its path only, for file systems without directory handles. Whoever can swap a directory on that
 * path leads it elsewhere: used only where a mount allows that.
 */
record RacyDirectory(Path path) implements Directory {

    @Override
    public BasicFileAttributes attributes() throws IOException {
        return attributes(path);
    }

    @Override
    public BasicFileAttributes attributes(Name name) throws IOException {
        return attributes(path.resolve(name.path()));
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                : Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public Directory open(Name name) {
        return new RacyDirectory(path.resolve(name.path()));
    }

    @Override
    public StablePath stablePath() {
        return new StablePath(path, () -> {});
    }

    @Override
    public List<Name> names() throws IOException {
        List<Name> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            entries.forEach(entry -> names.add(Name.ofEntry(entry)));
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        }
        return names;
    }

    @Override
    public FileChannel openFile(Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return FileChannel.open(path.resolve(name.path()), understood(options), attributes);
    }

    /** Other file systems than the host's have no links, and reject the option not to follow them. */
    private Set<? extends OpenOption> understood(Set<? extends OpenOption> options) {
        return path.getFileSystem() == FileSystems.getDefault()
                ? options
                : options.stream().filter(StandardOpenOption.class::isInstance).collect(toUnmodifiableSet());
    }

    @Override
    public void deleteFile(Name name) throws IOException {
        Files.delete(path.resolve(name.path()));
    }

    @Override
    public void deleteDirectory(Name name) throws IOException {
        Files.delete(path.resolve(name.path()));
    }

    @Override
    public void move(Name name, Directory target, Name newName) throws IOException {
        if (target instanceof RacyDirectory other && other.path.getFileSystem() == path.getFileSystem()) {
            Files.move(
                    path.resolve(name.path()), other.path.resolve(newName.path()), StandardCopyOption.REPLACE_EXISTING);
        } else {
            throw new DifferentFileSystemException();
        }
    }

    @Override
    public void force() throws IOException {
        try (FileChannel self = FileChannel.open(path, StandardOpenOption.READ)) {
            self.force(true);
        }
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
        Files.setPosixFilePermissions(path, permissions);
    }

    @Override
    public void setPermissions(Name name, Set<PosixFilePermission> permissions) throws IOException {
        Files.setPosixFilePermissions(path.resolve(name.path()), permissions);
    }

    @Override
    public void close() {}
}
