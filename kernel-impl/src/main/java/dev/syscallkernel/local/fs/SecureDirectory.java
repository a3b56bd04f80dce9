package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A directory held by a descriptor: whatever happens to the path that led to it, it stays the same directory. */
record SecureDirectory(SecureDirectoryStream<Path> stream) implements Directory {
    private static final LinkOption[] NOFOLLOW = {LinkOption.NOFOLLOW_LINKS};
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ);
    private static final Path SELF = Path.of(".");

    @Override
    public BasicFileAttributes attributes() throws IOException {
        PosixFileAttributeView posix = stream.getFileAttributeView(PosixFileAttributeView.class);
        return posix != null
                ? posix.readAttributes()
                : stream.getFileAttributeView(BasicFileAttributeView.class).readAttributes();
    }

    @Override
    public BasicFileAttributes attributes(Name name) throws IOException {
        PosixFileAttributeView posix = stream.getFileAttributeView(name.path(), PosixFileAttributeView.class, NOFOLLOW);
        return posix != null
                ? posix.readAttributes()
                : stream.getFileAttributeView(name.path(), BasicFileAttributeView.class, NOFOLLOW)
                        .readAttributes();
    }

    @Override
    public Directory open(Name name) throws IOException {
        return new SecureDirectory(stream.newDirectoryStream(name.asDirectory(), NOFOLLOW));
    }

    @Override
    public @Nullable StablePath stablePath() throws IOException {
        Object key = attributes().fileKey();
        if (key == null) {
            return null;
        }
        FileChannel channel = (FileChannel) stream.newByteChannel(SELF, READ);
        Path found = null;
        try {
            found = DescriptorSearch.pathOf(channel, key);
        } finally {
            if (found == null) {
                channel.close();
            }
        }
        return found == null ? null : new StablePath(found, channel);
    }

    @Override
    public List<Name> names() throws IOException {
        List<Name> names = new ArrayList<>();
        // A stream can be read only once, and this one may be shared.
        try (SecureDirectoryStream<Path> fresh = stream.newDirectoryStream(SELF, NOFOLLOW)) {
            fresh.forEach(entry -> names.add(Name.ofEntry(entry)));
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        }
        return names;
    }

    @Override
    public FileChannel openFile(Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return (FileChannel) stream.newByteChannel(name.path(), options, attributes);
    }

    @Override
    public void deleteFile(Name name) throws IOException {
        stream.deleteFile(name.path());
    }

    @Override
    public void deleteDirectory(Name name) throws IOException {
        stream.deleteDirectory(name.path());
    }

    @Override
    public void move(Name name, Directory target, Name newName) throws IOException {
        if (target instanceof SecureDirectory other) {
            stream.move(name.path(), other.stream, newName.path());
        } else {
            throw new DifferentFileSystemException();
        }
    }

    @Override
    public void force() throws IOException {
        // The directory itself, opened as a file: the only way to a channel that can be forced.
        try (FileChannel self = (FileChannel) stream.newByteChannel(Path.of("."), Set.of(StandardOpenOption.READ))) {
            self.force(true);
        }
    }

    @Override
    public void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
        stream.getFileAttributeView(PosixFileAttributeView.class).setPermissions(permissions);
    }

    @Override
    public void setPermissions(Name name, Set<PosixFilePermission> permissions) throws IOException {
        stream.getFileAttributeView(name.path(), PosixFileAttributeView.class, NOFOLLOW)
                .setPermissions(permissions);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
