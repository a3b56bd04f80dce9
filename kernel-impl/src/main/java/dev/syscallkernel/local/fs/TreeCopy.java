package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Copies a file, a link or a whole directory, with permissions, from one mount into another. Walks to each directory
 * anew, so that a tree of any depth takes few handles.
 */
final class TreeCopy {
    private final SyscallContext ctx;
    private final FileOpener opener;
    private final MountedDirectory from;
    private final MountedDirectory to;
    private final Deque<Branch> pending = new ArrayDeque<>();
    private final Deque<Branch> done = new ArrayDeque<>(); // the deepest first

    /** A directory beneath the one that is copied. */
    private record Branch(List<Name> names, BasicFileAttributes attributes) {
        Branch child(Name name, BasicFileAttributes childAttributes) {
            List<Name> all = new ArrayList<>(names);
            all.add(name);
            return new Branch(all, childAttributes);
        }
    }

    TreeCopy(SyscallContext ctx, FileOpener opener, MountedDirectory from, MountedDirectory to) {
        this.ctx = ctx;
        this.opener = opener;
        this.from = from;
        this.to = to;
    }

    /** Copies an entry into a directory, under a name that is free. A failure may leave an incomplete copy. */
    void copy(Target.Existing source, DirectoryHandle parent, Name name) throws IOException {
        Path path = from.pathBelowRoot(source.position().names());
        if (!source.isDirectory()) {
            copyEntry(source.parent(), source.name(), source.attributes(), path, parent, name);
            return;
        }
        Nursery.makeDirectory(ctx, to, parent, name);
        try (DirectoryHandle originals = source.enter();
                DirectoryHandle copies = parent.enter(name)) {
            pending.add(new Branch(List.of(), source.attributes()));
            while (!pending.isEmpty()) {
                copyBranch(pending.remove(), source.position(), path, originals, copies);
            }
            for (Branch branch : done) {
                setPermissions(copies, branch);
            }
        }
    }

    private void copyBranch(Branch branch, Position top, Path path, DirectoryHandle originals, DirectoryHandle copies)
            throws IOException {
        if (top.names().size() + branch.names.size() > VirtualPath.MAX_COMPONENTS) {
            throw ctx.failure(ErrorCode.NAME_TOO_LONG, "the directory is over 256 directories deep");
        }
        Path branchPath = branch.names.stream().map(Name::path).reduce(path, Path::resolve);
        try (DirectoryHandle original = descend(originals, branch, from);
                DirectoryHandle copy = descend(copies, branch, to)) {
            for (Name name : original.names()) {
                ctx.throwIfCancelled();
                BasicFileAttributes attributes = HiddenNames.isHidden(name.text()) ? null : original.find(name);
                if (attributes == null) {
                    continue;
                }
                Name newName = name.in(to.fileSystem());
                if (attributes.isDirectory()) {
                    Nursery.makeDirectory(ctx, to, copy, newName);
                    pending.add(branch.child(name, attributes));
                } else {
                    copyEntry(original, name, attributes, branchPath.resolve(name.path()), copy, newName);
                }
            }
        }
        done.push(branch);
    }

    private void copyEntry(
            DirectoryHandle original,
            Name name,
            BasicFileAttributes attributes,
            Path path,
            DirectoryHandle copy,
            Name newName)
            throws IOException {
        if (attributes.isSymbolicLink()) {
            Nursery.makeLink(ctx, to, copy, newName, readLink(path));
        } else if (attributes.isRegularFile()) {
            try (FileChannel content = opener.forReading(ctx, from, original, name, attributes);
                    StagedFile file =
                            StagedFile.beginLike(ctx, opener, copy, HiddenNames.fresh(to.fileSystem()), attributes)) {
                FileContent.copy(ctx, content, file.channel());
                file.publish(copy, newName);
            }
        } else {
            throw ctx.failure(
                    ErrorCode.PERMISSION_DENIED, "a FIFO, a socket or a device cannot be moved to another file system");
        }
    }

    /** By path, as Java has nothing else: see {@link Walk}. */
    private Path readLink(Path path) throws IOException {
        try {
            return from.byPath(ctx, root -> Files.readSymbolicLink(root.resolve(path)));
        } catch (NotLinkException swapped) {
            throw new SwappedException(swapped);
        }
    }

    private void setPermissions(DirectoryHandle copies, Branch branch) throws IOException {
        if (branch.attributes instanceof PosixFileAttributes posix) {
            Set<PosixFilePermission> permissions = posix.permissions();
            try (DirectoryHandle directory = descend(copies, branch, to)) {
                directory.setPermissions(permissions);
            }
        }
    }

    private static DirectoryHandle descend(DirectoryHandle top, Branch branch, MountedDirectory mount)
            throws IOException {
        DirectoryHandle at = top.share();
        for (Name name : branch.names) {
            try (DirectoryHandle above = at) {
                at = above.enter(name.in(mount.fileSystem()));
            }
        }
        return at;
    }
}
