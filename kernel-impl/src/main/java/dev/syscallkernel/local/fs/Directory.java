package dev.syscallkernel.local.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An open directory of the host. No operation follows a link in the name it is given. Thread-safe. */
interface Directory extends Closeable {

    /** Opens a directory of the host: securely if its file system can do that. */
    @SuppressWarnings("StreamResourceLeak") // the answer takes it over
    static Directory open(Path path) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(path);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return new SecureDirectory(secure);
        }
        stream.close();
        return new RacyDirectory(path);
    }

    /** The attributes of the directory itself; {@link java.nio.file.attribute.PosixFileAttributes} where there are any. */
    BasicFileAttributes attributes() throws IOException;

    /** The attributes of an entry itself. */
    BasicFileAttributes attributes(Name name) throws IOException;

    /** Opens a directory in this one. A link swapped in at this moment would be followed: the caller has to verify. */
    Directory open(Name name) throws IOException;

    /**
     * A path that leads to this directory for as long as the answer is not closed, or null if the host has none.
     * Takes a while.
     */
    @Nullable
    StablePath stablePath() throws IOException;

    /** The names in the directory, hidden ones too, as they are at this moment. */
    List<Name> names() throws IOException;

    FileChannel openFile(Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException;

    void deleteFile(Name name) throws IOException;

    void deleteDirectory(Name name) throws IOException;

    /** Renames in one step, replacing what can be replaced. */
    void move(Name name, Directory target, Name newName) throws IOException;

    /** Sets the permissions of the directory itself. */
    void setPermissions(Set<PosixFilePermission> permissions) throws IOException;

    /** Waits until the names in the directory are on the device. */
    void force() throws IOException;

    /** Makes a directory and answers true, or false where that takes a path. */
    default boolean makeDirectory(Name name) throws IOException {
        return false;
    }

    /** Makes a symbolic link and answers true, or false where that takes a path. */
    default boolean makeLink(Name name, Path text) throws IOException {
        return false;
    }

    /** The text of a symbolic link, or null where reading it takes a path. */
    default @Nullable Path readLink(Name name) throws IOException {
        return null;
    }

    /** Whether the files in it are changed at once, where they are; or planned to be replaced. */
    default boolean isInPlace() {
        return true;
    }

    /** Opens the entry by its name: only for entries of the kernel's own making. */
    void setPermissions(Name name, Set<PosixFilePermission> permissions) throws IOException;
}
