package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
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
    private final FileOperations host;

    Writing(Lookup lookup, FileOpener opener, Isolation isolation, FileOperations host) {
        this.lookup = lookup;
        this.opener = opener;
        this.isolation = isolation;
        this.host = host;
    }

    /** Begins to write, or goes on. */
    WritableFile open(SyscallContext ctx, String path, WriteMode mode, Staging staging) throws IOException {
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
                        staging,
                        ending(claimed));
            }
            Target.Existing existing = Changing.requireChangeable(ctx, target);
            if (mode == WriteMode.CREATE_NEW) {
                throw Lookup.taken(ctx);
            }
            claimed = claim(existing.mount(), existing.position());
            return mode == WriteMode.APPEND
                    ? AppendedWriting.begin(ctx, existing, opener, host, ending(claimed))
                    : stage(
                            ctx,
                            existing,
                            existing.mount(),
                            existing.parent(),
                            existing.name(),
                            existing.attributes(),
                            mode,
                            staging,
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
            Staging staging,
            Runnable onEnd)
            throws IOException {
        Name stagedName = staging.name(mount.fileSystem());
        StagedFile staged = staging.known() == null
                ? begin(ctx, parent, stagedName, model)
                : again(ctx, parent, name, stagedName, staging.target());
        Path stagedIn =
                staging.upload() ? mount.hostPath(target.position().parent().names()) : null;
        return new StagedWriting(
                target, parent, name, mode, staged, stagedIn, staged.channel().size(), host, onEnd);
    }

    /** Opens a file that is there: never makes one, nor takes another one for it. */
    private StagedFile again(SyscallContext ctx, DirectoryHandle parent, Name name, Name stagedName, String expected)
            throws IOException {
        BasicFileAttributes found = parent.find(stagedName);
        if (found == null || !found.isRegularFile() || !name.text().equals(expected)) {
            throw ctx.failure(
                    ErrorCode.CONFLICT,
                    "the upload is for another file; go on at the path it was begun at, or choose another id");
        }
        return StagedFile.again(opener, parent, stagedName);
    }

    private StagedFile begin(SyscallContext ctx, DirectoryHandle parent, Name name, @Nullable BasicFileAttributes model)
            throws IOException {
        return model == null ? StagedFile.begin(parent, name) : StagedFile.beginLike(ctx, opener, parent, name, model);
    }
}
