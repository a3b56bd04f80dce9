package dev.syscallkernel.local.fs;

import com.google.common.util.concurrent.Striped;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;

/** Creates and removes directories, and changes the working directory. */
final class Directories {
    /**
     * Held while a directory is renamed to a name that has to be free, or to an empty directory: a rename would replace
     * an empty directory that another thread has just made.
     */
    private static final Striped<Lock> NAMES = Striped.lock(64);

    /** The age at which temporary work is certainly not going on any more. */
    private static final Duration STALE = Duration.ofDays(1);

    private final Lookup lookup;

    Directories(Lookup lookup) {
        this.lookup = lookup;
    }

    /** Takes the lock for directories that appear in this one. The caller gives it back. */
    static Lock lock(SyscallContext ctx, DirectoryHandle parent) {
        Lock lock = NAMES.get(parent.key() == null ? parent : parent.key());
        try {
            while (!lock.tryLock(50, TimeUnit.MILLISECONDS)) {
                ctx.throwIfCancelled();
            }
            return lock;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ctx.failure(ErrorCode.CANCELLED, "the calling thread was interrupted", interrupted);
        }
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
        Lock lock = lock(ctx, missing.parent());
        try {
            if (missing.parent().find(missing.name()) != null) {
                throw Lookup.taken(ctx);
            }
            Nursery.makeDirectory(ctx, missing.mount(), missing.parent(), missing.name());
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
            int visible = sweep(existing);
            if (visible > 0) {
                throw ctx.failure(
                        ErrorCode.NOT_EMPTY, "contains " + (visible == 1 ? "1 entry" : visible + " entries"), full);
            }
            removeSwept(ctx, existing);
        }
    }

    private static void removeSwept(SyscallContext ctx, Target.Existing existing) throws IOException {
        try {
            existing.parent().deleteDirectory(existing.name());
        } catch (DirectoryNotEmptyException busy) {
            throw ctx.failure(ErrorCode.NOT_EMPTY, "contains unfinished work of the kernel", busy);
        }
    }

    /**
     * Counts the entries that a process can see. If there are none, removes what a kernel that crashed long ago has
     * left behind, which nobody else could.
     */
    private static int sweep(Target.Existing existing) throws IOException {
        try (DirectoryHandle directory = existing.enter()) {
            List<Name> names = directory.names();
            int visible = (int)
                    names.stream().filter(n -> !HiddenNames.isHidden(n.text())).count();
            for (Name name : visible == 0 ? names : List.<Name>of()) {
                BasicFileAttributes attributes = directory.find(name);
                if (attributes != null && HiddenNames.isTemporary(name.text()) && isStale(attributes)) {
                    TreeRemoval.remove(directory, name);
                }
            }
            return visible;
        }
    }

    private static boolean isStale(BasicFileAttributes attributes) {
        return attributes.lastModifiedTime().toInstant().isBefore(Instant.now().minus(STALE));
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
