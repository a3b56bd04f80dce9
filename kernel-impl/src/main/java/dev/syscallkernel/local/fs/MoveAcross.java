package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.util.concurrent.locks.Lock;

/**
 * Moves between file systems. The whole tree is copied under a hidden name beside the destination and then renamed in
 * one step; only then the source goes, also in one step, to a hidden name under which it is deleted. So neither is ever
 * seen by halves.
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
        try {
            new TreeCopy(ctx, opener, source.mount(), mount).copy(source, parent, staged);
            publish(source, parent, staged, name);
        } catch (IOException | RuntimeException | Error failure) {
            discard(parent, staged, failure);
            throw failure;
        }
        removeSource(source);
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

    private void removeSource(Target.Existing source) {
        try {
            Name trash = HiddenNames.fresh(source.mount().fileSystem());
            source.parent().move(source.name(), source.parent(), trash);
            TreeRemoval.remove(source.parent(), trash);
        } catch (IOException failure) {
            throw ctx.failure(ErrorCode.IO_ERROR, "the copy is complete, but the source could not be removed", failure);
        }
    }
}
