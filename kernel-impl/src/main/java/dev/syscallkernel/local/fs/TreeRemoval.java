package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Deletes a directory with all that is in it. Directories found deeper are first renamed to hidden names further up, so
 * that a tree of any depth takes a few handles and no recursion. Links are deleted, never followed.
 */
public final class TreeRemoval {
    private static final int ATTEMPTS = 10;
    private static final Set<PosixFilePermission> NEEDED = PosixFilePermissions.fromString("rwx------");

    private TreeRemoval() {}

    /**
     * Deletes a file or directory of the kernel's own, if it is there. Until all is gone, directories found deeper lie in
     * it: whoever is stopped half-way finds all the rest under the same path.
     *
     * @return the bytes of the files that were deleted
     */
    public static long remove(Path path) throws IOException {
        try (DirectoryHandle parent = parentOf(path)) {
            Name name = Name.ofEntry(path);
            BasicFileAttributes attributes = parent.find(name);
            if (attributes == null) {
                return 0;
            }
            if (!attributes.isDirectory()) {
                return removeFile(parent, name, attributes);
            }
            open(parent, name, attributes);
            try (DirectoryHandle directory = parent.enter(name)) {
                return removeEntered(parent, name, directory, Set.of());
            }
        }
    }

    /**
     * Deletes a directory, if it is there, with all that is in it. Whatever it or the path to it is replaced by
     * meanwhile, nothing outside of it goes.
     *
     * @param owner whose it has to be
     * @param last the name of the entry that goes last, when there is nothing else left
     */
    public static void removeOwn(Path path, UserPrincipal owner, String last) throws IOException {
        try (DirectoryHandle parent = parentOf(path)) {
            Name name = Name.ofEntry(path);
            if (parent.find(name) == null) {
                return;
            }
            try (DirectoryHandle directory = parent.enter(name)) {
                if (!(directory.attributes() instanceof PosixFileAttributes posix)
                        || !posix.owner().equals(owner)) {
                    throw new SwappedException(null);
                }
                removeEntered(parent, name, directory, Set.of(Name.internal(path.getFileSystem(), last)));
            }
        }
    }

    private static DirectoryHandle parentOf(Path path) throws IOException {
        return DirectoryHandle.of(
                Directory.open(requireNonNull(path.toAbsolutePath().getParent())));
    }

    /** Somebody may still be writing into the directory: what appears after it was emptied is deleted too. */
    private static long removeEntered(DirectoryHandle parent, Name name, DirectoryHandle directory, Set<Name> last)
            throws IOException {
        long bytes = 0;
        for (int attempt = 1; ; attempt++) {
            bytes += removeAllBut(last, directory);
            for (Name entry : last) {
                bytes += remove(directory, entry);
            }
            try {
                parent.deleteDirectory(name);
                return bytes;
            } catch (DirectoryNotEmptyException busy) {
                if (attempt == ATTEMPTS) {
                    throw busy;
                }
            }
        }
    }

    private static long removeAllBut(Set<Name> kept, DirectoryHandle directory) throws IOException {
        long bytes = 0;
        for (int attempt = 1; ; attempt++) {
            List<Name> others = new ArrayList<>(directory.names());
            others.removeAll(kept);
            if (others.isEmpty()) {
                return bytes;
            }
            if (attempt > ATTEMPTS) {
                throw new DirectoryNotEmptyException(others.get(0).text());
            }
            for (Name entry : others) {
                bytes += remove(directory, entry);
            }
        }
    }

    /**
     * Deletes an entry, whatever it is. Until all is gone, directories found in it lie beside it.
     *
     * @return the bytes of the files that were deleted
     */
    static long remove(DirectoryHandle base, Name name) throws IOException {
        BasicFileAttributes attributes = base.find(name);
        if (attributes == null) {
            return 0;
        }
        if (!attributes.isDirectory()) {
            return removeFile(base, name, attributes);
        }
        open(base, name, attributes);
        long bytes = 0;
        Deque<Name> directories = new ArrayDeque<>();
        directories.add(name);
        while (!directories.isEmpty()) {
            bytes += removeDirectory(base, directories.remove(), directories);
        }
        return bytes;
    }

    /** Somebody may still be writing into the directory: what appears after it was emptied is deleted too. */
    private static long removeDirectory(DirectoryHandle base, Name name, Deque<Name> found) throws IOException {
        long bytes = 0;
        for (int attempt = 1; ; attempt++) {
            bytes += empty(base, name, found);
            try {
                base.deleteDirectory(name);
                return bytes;
            } catch (DirectoryNotEmptyException busy) {
                if (attempt == ATTEMPTS) {
                    throw busy;
                }
            }
        }
    }

    private static long empty(DirectoryHandle base, Name name, Deque<Name> found) throws IOException {
        FileSystem system = name.path().getFileSystem();
        long bytes = 0;
        try (DirectoryHandle directory = base.enter(name)) {
            for (Name entry : directory.names()) {
                BasicFileAttributes attributes = directory.find(entry);
                if (attributes == null) {
                    continue;
                }
                if (attributes.isDirectory()) {
                    open(directory, entry, attributes);
                    Name aside = HiddenNames.fresh(system);
                    directory.move(entry, base, aside);
                    found.add(aside);
                } else {
                    bytes += removeFile(directory, entry, attributes);
                }
            }
        }
        return bytes;
    }

    /** A directory can be moved and emptied only by who may write to it. */
    private static void open(DirectoryHandle parent, Name name, BasicFileAttributes attributes) throws IOException {
        if (attributes instanceof PosixFileAttributes posix
                && !posix.permissions().containsAll(NEEDED)) {
            try (DirectoryHandle directory = parent.enter(name)) {
                directory.setPermissions(NEEDED);
            }
        }
    }

    private static long removeFile(DirectoryHandle parent, Name name, BasicFileAttributes attributes)
            throws IOException {
        parent.deleteFile(name);
        return attributes.isRegularFile() ? attributes.size() : 0;
    }
}
