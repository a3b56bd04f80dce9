package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** Moves files, links and directories: by renaming where the host can do that, by copying where it cannot. */
final class Moving {
    private final Lookup lookup;
    private final FileOpener opener;

    Moving(Lookup lookup, FileOpener opener) {
        this.lookup = lookup;
        this.opener = opener;
    }

    /**
     * Where something is to be moved.
     *
     * @param replaced what is there now; null if nothing is
     */
    private record Place(
            MountedDirectory mount,
            DirectoryHandle parent,
            Name name,
            Position position,
            @Nullable BasicFileAttributes replaced) {}

    void move(SyscallContext ctx, String source, String destination) throws IOException {
        VirtualPath from = VirtualPath.parse(ctx, source);
        VirtualPath to = VirtualPath.parse(ctx, destination);
        try (Target moved = lookup.keep(ctx, from);
                Target destined = lookup.destination(ctx, to, Resolver.LastLink.KEEP)) {
            Target.Existing entry = requireMovable(ctx, moved, from);
            Place place = place(ctx, destined, to);
            requireFitting(ctx, entry, to, place);
            if (entry.isDirectory()) {
                requireMovableTree(ctx, entry, place);
                moveDirectory(ctx, entry, place);
            } else if (isSameFile(entry, place)) {
                // A rename between two names of one file would do nothing at all.
                removeOtherName(entry, place);
            } else {
                rename(ctx, entry, place);
            }
        }
    }

    private static Target.Existing requireMovable(SyscallContext ctx, Target target, VirtualPath path) {
        if (target instanceof Target.MountRoot) {
            throw Lookup.mountPoint(ctx);
        }
        if (target instanceof Target.Synthetic) {
            throw Lookup.synthetic(ctx);
        }
        if (target instanceof Target.Missing missing) {
            Lookup.requireWritable(ctx, missing.mount());
            throw Lookup.missing(ctx);
        }
        Target.Existing entry = (Target.Existing) target;
        Lookup.requireWritable(ctx, entry.mount());
        if (!path.endsWithName()) {
            throw nameless(ctx);
        }
        if (entry.asDirectory() && !entry.isDirectory()) {
            throw Lookup.notDirectory(ctx);
        }
        if (entry.aboveMounts()) {
            throw ctx.failure(ErrorCode.INVALID_ARGUMENT, "contains a mount point");
        }
        return entry;
    }

    private static Place place(SyscallContext ctx, Target target, VirtualPath path) {
        if (target instanceof Target.MountRoot) {
            throw Lookup.mountPoint(ctx);
        }
        if (target instanceof Target.Synthetic) {
            throw Lookup.synthetic(ctx);
        }
        if (target instanceof Target.Missing missing) {
            Lookup.requireWritable(ctx, missing.mount());
            if (!path.endsWithName()) {
                throw Lookup.missing(ctx);
            }
            Lookup.requireCreatable(ctx, missing);
            return new Place(missing.mount(), missing.parent(), missing.name(), missing.position(), null);
        }
        Target.Existing existing = (Target.Existing) target;
        Lookup.requireWritable(ctx, existing.mount());
        if (!path.endsWithName()) {
            throw nameless(ctx);
        }
        if (existing.aboveMounts()) {
            throw ctx.failure(ErrorCode.NOT_EMPTY, "the destination contains a mount point");
        }
        return new Place(
                existing.mount(), existing.parent(), existing.name(), existing.position(), existing.attributes());
    }

    private static void requireFitting(SyscallContext ctx, Target.Existing entry, VirtualPath to, Place place) {
        BasicFileAttributes replaced = place.replaced;
        if (entry.isDirectory()) {
            if (replaced != null && !replaced.isDirectory()) {
                throw ctx.failure(ErrorCode.NOT_A_DIRECTORY, "a directory cannot replace a file");
            }
        } else if (replaced != null && replaced.isDirectory()) {
            throw ctx.failure(ErrorCode.IS_A_DIRECTORY, "a file cannot replace a directory");
        } else if (to.demandsDirectory()) {
            throw ctx.failure(ErrorCode.NOT_A_DIRECTORY, "the destination demands a directory, and a file is moved");
        }
    }

    private void requireMovableTree(SyscallContext ctx, Target.Existing entry, Place place) {
        PathRules rules = lookup.rules(ctx);
        if (rules.blocksBeneath(entry.position()) || rules.blocksBeneath(place.position)) {
            throw ctx.failure(ErrorCode.PERMISSION_DENIED, "the sandbox of the process blocks a path in the directory");
        }
        if (entry.position().covers(place.position.names()) && !entry.position().equals(place.position)) {
            throw ctx.failure(ErrorCode.INVALID_ARGUMENT, "a directory cannot be moved into itself");
        }
    }

    private void moveDirectory(SyscallContext ctx, Target.Existing entry, Place place) throws IOException {
        Lock lock = Directories.lock(ctx, place.parent);
        try {
            entry.parent().move(entry.name(), place.parent, place.name);
            return;
        } catch (DifferentFileSystemException across) {
            // Copied below, without the lock.
        } catch (FileAlreadyExistsException full) {
            throw ctx.failure(ErrorCode.NOT_EMPTY, "the destination is not empty", full);
        } finally {
            lock.unlock();
        }
        across(ctx, entry, place);
    }

    private void rename(SyscallContext ctx, Target.Existing entry, Place place) throws IOException {
        try {
            entry.parent().move(entry.name(), place.parent, place.name);
        } catch (DifferentFileSystemException across) {
            across(ctx, entry, place);
        }
    }

    /** Copies to a hidden name beside the destination, then renames the copy, then deletes the source. */
    private void across(SyscallContext ctx, Target.Existing entry, Place place) throws IOException {
        new MoveAcross(ctx, opener).move(entry, place.mount, place.parent, place.name);
    }

    private static boolean isSameFile(Target.Existing entry, Place place) {
        Object key = entry.attributes().fileKey();
        return place.replaced != null && key != null && key.equals(place.replaced.fileKey());
    }

    private static void removeOtherName(Target.Existing entry, Place place) throws IOException {
        Object directory = entry.parent().key();
        boolean sameName = directory != null
                && directory.equals(place.parent.key())
                && entry.name().equals(place.name);
        if (!sameName) {
            entry.parent().deleteFile(entry.name());
        }
    }

    private static RuntimeException nameless(SyscallContext ctx) {
        return ctx.failure(ErrorCode.INVALID_ARGUMENT, "nothing is moved by or to the name . or ..");
    }
}
