package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.WriteMode;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Begins to write files that take more than one call. */
final class Writing {
    private final Lookup lookup;
    private final FileOpener opener;
    private final Isolation isolation;

    Writing(Lookup lookup, FileOpener opener, Isolation isolation) {
        this.lookup = lookup;
        this.opener = opener;
        this.isolation = isolation;
    }

    /**
     * Begins to write, or goes on.
     *
     * @param upload the name under which a file that can be taken up again waits; null for one that cannot
     */
    WritableFile open(SyscallContext ctx, String path, WriteMode mode, @Nullable String upload) throws IOException {
        Target target = lookup.followToChange(ctx, path);
        Path claimed = null;
        try {
            if (target instanceof Target.Missing missing) {
                requireNewFile(ctx, missing);
                claimed = claim(missing.mount(), missing.position());
                // Nobody can append to what is not there: the bytes become a new file.
                WriteMode creating = mode == WriteMode.APPEND ? WriteMode.CREATE_NEW : mode;
                return stage(
                        ctx,
                        missing,
                        missing.mount(),
                        missing.parent(),
                        missing.name(),
                        null,
                        creating,
                        upload,
                        ending(claimed));
            }
            Target.Existing existing = Changing.requireChangeable(ctx, target);
            if (mode == WriteMode.CREATE_NEW) {
                throw Lookup.taken(ctx);
            }
            claimed = claim(existing.mount(), existing.position());
            return mode == WriteMode.APPEND
                    ? AppendedWriting.begin(ctx, existing, opener, ending(claimed))
                    : stage(
                            ctx,
                            existing,
                            existing.mount(),
                            existing.parent(),
                            existing.name(),
                            existing.attributes(),
                            mode,
                            upload,
                            ending(claimed));
        } catch (IOException | RuntimeException | Error failure) {
            if (claimed != null) {
                isolation.endWriting(claimed);
            }
            target.close();
            throw failure;
        }
    }

    /** Keeps atomic batches away from the file until the stream has ended. */
    private Path claim(MountedDirectory mount, Position position) {
        Path path = mount.hostPath(position.names());
        isolation.beginWriting(path);
        return path;
    }

    private Runnable ending(Path claimed) {
        return () -> isolation.endWriting(claimed);
    }

    private static void requireNewFile(SyscallContext ctx, Target.Missing missing) {
        Lookup.requireWritable(ctx, missing.mount());
        ctx.require(Capability.CREATE_FILE);
        Changing.requireNewFile(ctx, missing);
    }

    private StagedWriting stage(
            SyscallContext ctx,
            Target target,
            MountedDirectory mount,
            DirectoryHandle parent,
            Name name,
            @Nullable BasicFileAttributes model,
            WriteMode mode,
            @Nullable String upload,
            Runnable onEnd)
            throws IOException {
        if (upload == null) {
            Name stagedName = HiddenNames.fresh(mount.fileSystem());
            return new StagedWriting(target, parent, name, mode, begin(ctx, parent, stagedName, model), null, 0, onEnd);
        }
        Name stagedName = HiddenNames.upload(mount.fileSystem(), upload, name);
        StagedFile staged = parent.find(stagedName) == null
                ? begin(ctx, parent, stagedName, model)
                : StagedFile.again(opener, parent, stagedName);
        Path stagedAt = mount.hostPath()
                .resolve(mount.pathBelowRoot(target.position().parent().names()))
                .resolve(stagedName.path());
        return new StagedWriting(
                target, parent, name, mode, staged, stagedAt, staged.channel().size(), onEnd);
    }

    private StagedFile begin(SyscallContext ctx, DirectoryHandle parent, Name name, @Nullable BasicFileAttributes model)
            throws IOException {
        return model == null ? StagedFile.begin(parent, name) : StagedFile.beginLike(ctx, opener, parent, name, model);
    }
}
