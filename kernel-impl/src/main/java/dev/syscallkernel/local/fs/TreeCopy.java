package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.channels.FileChannel;
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
    private long bytesCopied;
    private long total = ProgressReporter.UNKNOWN;
    private final Appearance copied = new Appearance();

    /** A directory beneath the one that is copied. */
    private record Branch(List<Name> names, BasicFileAttributes attributes) {
        Branch child(Name name, BasicFileAttributes childAttributes) {
            return new Branch(with(names, name), childAttributes);
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
        copied.add(List.of(), source.attributes());
        if (!source.isDirectory()) {
            total = source.attributes().isRegularFile() ? source.attributes().size() : ProgressReporter.UNKNOWN;
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
                copied.add(with(branch.names, name), attributes);
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

    /** Whether what was copied, and has another name by now, is what it was when it was copied. */
    boolean isStillLike(DirectoryHandle parent, Name name) throws IOException {
        Appearance now = new Appearance();
        BasicFileAttributes attributes = parent.find(name);
        if (attributes == null) {
            return false;
        }
        now.add(List.of(), attributes);
        if (attributes.isDirectory()) {
            try (DirectoryHandle top = parent.enter(name)) {
                for (Branch branch : done) {
                    lookAt(top, branch, now);
                }
            } catch (SwappedException gone) {
                return false;
            }
        }
        return now.equals(copied);
    }

    private void lookAt(DirectoryHandle top, Branch branch, Appearance now) throws IOException {
        try (DirectoryHandle directory = descend(top, branch, from)) {
            for (Name name : directory.names()) {
                BasicFileAttributes attributes = HiddenNames.isHidden(name.text()) ? null : directory.find(name);
                if (attributes != null) {
                    now.add(with(branch.names, name), attributes);
                }
            }
        }
    }

    private static List<Name> with(List<Name> names, Name name) {
        List<Name> all = new ArrayList<>(names);
        all.add(name);
        return all;
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
            Nursery.makeLink(ctx, to, copy, newName, readLink(original, name, path));
        } else if (attributes.isRegularFile()) {
            try (FileChannel content = opener.forReading(ctx, from, original, name, attributes);
                    StagedFile file =
                            StagedFile.beginLike(ctx, opener, copy, HiddenNames.fresh(to.fileSystem()), attributes)) {
                bytesCopied += FileContent.copy(ctx, content, file.channel(), bytesCopied, total);
                file.publish(copy, newName);
            }
        } else {
            throw ctx.failure(
                    ErrorCode.PERMISSION_DENIED, "a FIFO, a socket or a device cannot be moved to another file system");
        }
    }

    /** Mostly by path, as Java has nothing else: see {@link Walk}. */
    private Path readLink(DirectoryHandle directory, Name name, Path path) throws IOException {
        try {
            return from.readLink(ctx, directory, name, path);
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
