package dev.syscallkernel.local.fs;

import com.google.common.util.concurrent.Striped;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.util.List;
import java.util.concurrent.locks.Lock;

/** Creates and removes directories, and changes the working directory. */
final class Directories {
    /**
     * Held while a directory is renamed to a name that has to be free, or to an empty directory: a rename would replace
     * an empty directory that another thread has just made.
     */
    private static final Striped<Lock> NAMES = Striped.lock(64);

    private final Lookup lookup;

    Directories(Lookup lookup) {
        this.lookup = lookup;
    }

    /** The lock for directories that appear in this one. */
    static Lock lock(DirectoryHandle parent) {
        return NAMES.get(parent.key() == null ? parent : parent.key());
    }

    void create(SyscallContext ctx, String path) throws IOException {
        VirtualPath parsed = VirtualPath.parse(ctx, path);
        try (Target target = lookup.keep(ctx, parsed)) {
            if (target instanceof Target.Existing existing) {
                Lookup.requireWritable(ctx, existing.mount());
            }
            if (!(target instanceof Target.Missing missing)) {
                throw Lookup.taken(ctx);
            }
            Lookup.requireWritable(ctx, missing.mount());
            if (!parsed.endsWithName()) {
                throw Lookup.missing(ctx);
            }
            Lookup.requireCreatable(ctx, missing);
            create(ctx, missing);
        }
    }

    private static void create(SyscallContext ctx, Target.Missing missing) throws IOException {
        Lock lock = lock(missing.parent());
        lock.lock();
        try {
            if (missing.parent().find(missing.name()) != null) {
                throw Lookup.taken(ctx);
            }
            Nursery.makeDirectory(ctx, missing.mount(), missing.parent(), missing.name());
        } catch (DifferentFileSystemException elsewhere) {
            throw ctx.failure(
                    ErrorCode.UNSUPPORTED,
                    "the host has another file system at this place, where the kernel cannot make directories safely",
                    elsewhere);
        } finally {
            lock.unlock();
        }
    }

    void remove(SyscallContext ctx, String path) throws IOException {
        VirtualPath parsed = VirtualPath.parse(ctx, path);
        try (Target target = lookup.keep(ctx, parsed)) {
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
            if (target instanceof Target.Existing existing) {
                Lookup.requireWritable(ctx, existing.mount());
                if (!existing.isDirectory()) {
                    throw Lookup.notDirectory(ctx);
                }
                if (!parsed.endsWithName()) {
                    throw ctx.failure(ErrorCode.INVALID_ARGUMENT, "a directory is not removed by the name . or ..");
                }
                if (existing.aboveMounts()) {
                    throw ctx.failure(ErrorCode.NOT_EMPTY, "contains a mount point");
                }
                remove(ctx, existing);
            }
        }
    }

    private static void remove(SyscallContext ctx, Target.Existing existing) throws IOException {
        try {
            existing.parent().deleteDirectory(existing.name());
        } catch (DirectoryNotEmptyException full) {
            throw ctx.failure(ErrorCode.NOT_EMPTY, "contains " + describe(existing), full);
        }
    }

    private static String describe(Target.Existing existing) throws IOException {
        try (DirectoryHandle directory = existing.enter()) {
            List<Name> names = directory.names();
            long visible =
                    names.stream().filter(n -> !HiddenNames.isHidden(n.text())).count();
            if (visible == 0) {
                return "unfinished work of the kernel";
            }
            return visible == 1 ? "1 entry" : visible + " entries";
        }
    }

    void change(SyscallContext ctx, String path) throws IOException {
        try (Target target = lookup.follow(ctx, path)) {
            if (target instanceof Target.Missing) {
                throw Lookup.missing(ctx);
            }
            if (target instanceof Target.Existing existing && !existing.isDirectory()) {
                throw Lookup.notDirectory(ctx);
            }
            lookup.workIn(target.position());
        }
    }
}
