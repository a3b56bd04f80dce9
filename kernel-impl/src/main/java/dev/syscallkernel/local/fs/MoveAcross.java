package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.util.concurrent.locks.Lock;

/**
 * Moves between file systems. The whole tree is copied under a hidden name beside the destination and then renamed in
 * one step; only then the source goes, also in one step, to a hidden name under which it is deleted. So neither is ever
 * seen by halves. What somebody changed while it was copied is not deleted but gets its name back.
 */
final class MoveAcross {
    private final SyscallContext ctx;
    private final FileOpener opener;

    MoveAcross(SyscallContext ctx, FileOpener opener) {
        this.ctx = ctx;
        this.opener = opener;
    }

    void move(Target.Existing source, MountedDirectory mount, DirectoryHandle parent, Name name) throws IOException {
        Name staged = HiddenNames.fresh(mount.fileSystem());
        TreeCopy copy = new TreeCopy(ctx, opener, source.mount(), mount);
        try {
            copy.copy(source, parent, staged);
            publish(source, parent, staged, name);
        } catch (IOException | RuntimeException | Error failure) {
            discard(parent, staged, failure);
            throw failure;
        }
        removeSource(source, copy);
    }

    private void publish(Target.Existing source, DirectoryHandle parent, Name staged, Name name) throws IOException {
        if (!source.isDirectory()) {
            parent.move(staged, parent, name);
            return;
        }
        Lock lock = Directories.lock(ctx, parent);
        try {
            parent.move(staged, parent, name);
        } finally {
            lock.unlock();
        }
    }

    private static void discard(DirectoryHandle parent, Name staged, Throwable failure) {
        try {
            TreeRemoval.remove(parent, staged);
        } catch (IOException further) {
            failure.addSuppressed(further);
        }
    }

    private void removeSource(Target.Existing source, TreeCopy copy) {
        DirectoryHandle parent = source.parent();
        Name trash = HiddenNames.fresh(source.mount().fileSystem());
        try {
            parent.move(source.name(), parent, trash);
            if (!copy.isStillLike(parent, trash)) {
                throw changed(source, trash);
            }
            TreeRemoval.remove(parent, trash);
        } catch (IOException failure) {
            throw ctx.failure(ErrorCode.IO_ERROR, "the copy is complete, but the source could not be removed", failure);
        }
    }

    /** Gives the source its name back. */
    private SyscallException changed(Target.Existing source, Name trash) throws IOException {
        DirectoryHandle parent = source.parent();
        if (parent.find(source.name()) != null) {
            return ctx.failure(
                    ErrorCode.CONFLICT,
                    "the source was changed while it was copied, and its name was taken; the copy is complete, and what"
                            + " was changed is kept under the hidden name " + trash.text());
        }
        parent.move(trash, parent, source.name());
        return ctx.failure(
                ErrorCode.CONFLICT,
                "the source was changed while it was copied; the copy is complete as it was before, and the source was"
                        + " left");
    }
}
