package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.security.Capability;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** The operations that change one file. */
final class Changing {
    private static final Set<OpenOption> CREATE =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW, LinkOption.NOFOLLOW_LINKS);

    private final Lookup lookup;
    private final FileOpener opener;

    Changing(Lookup lookup, FileOpener opener) {
        this.lookup = lookup;
        this.opener = opener;
    }

    void write(SyscallContext ctx, String path, ByteBuffer data) throws IOException {
        FileContent.requireInline(ctx, data.remaining());
        try (Target target = lookup.followToChange(ctx, path)) {
            if (target instanceof Target.Missing missing) {
                Lookup.requireWritable(ctx, missing.mount());
                ctx.require(Capability.CREATE_FILE);
                requireNewFile(ctx, missing);
                try (StagedFile file = StagedFile.begin(missing.parent(), fresh(missing.mount()))) {
                    file.writeAt(ctx, data.duplicate(), 0);
                    file.publish(missing.parent(), missing.name());
                }
                return;
            }
            Target.Existing existing = requireChangeable(ctx, target);
            try (StagedFile file = StagedFile.beginLike(
                    ctx, opener, existing.parent(), fresh(existing.mount()), existing.attributes())) {
                file.writeAt(ctx, data.duplicate(), 0);
                file.publish(existing.parent(), existing.name());
            }
        }
    }

    void create(SyscallContext ctx, String path) throws IOException {
        VirtualPath parsed = VirtualPath.parse(ctx, path);
        try (Target target = lookup.keep(ctx, parsed)) {
            if (parsed.demandsDirectory() || !(target instanceof Target.Existing || target instanceof Target.Missing)) {
                throw Lookup.isDirectory(ctx);
            }
            if (target instanceof Target.Existing existing) {
                Lookup.requireWritable(ctx, existing.mount());
                throw Lookup.taken(ctx);
            }
            if (target instanceof Target.Missing missing) {
                Lookup.requireWritable(ctx, missing.mount());
                requireNewFile(ctx, missing);
                missing.parent().openFile(missing.name(), CREATE).close();
            }
        }
    }

    void delete(SyscallContext ctx, String path) throws IOException {
        VirtualPath parsed = VirtualPath.parse(ctx, path);
        try (Target target = lookup.keep(ctx, parsed)) {
            if (target instanceof Target.Missing missing) {
                Lookup.requireWritable(ctx, missing.mount());
                throw Lookup.missing(ctx);
            }
            if (!(target instanceof Target.Existing existing)) {
                throw Lookup.isDirectory(ctx);
            }
            Lookup.requireWritable(ctx, existing.mount());
            if (existing.isDirectory()) {
                throw Lookup.isDirectory(ctx);
            }
            if (existing.asDirectory()) {
                throw Lookup.notDirectory(ctx);
            }
            existing.parent().deleteFile(existing.name());
        }
    }

    void truncate(SyscallContext ctx, String path, long size) throws IOException {
        try (Target target = lookup.followToChange(ctx, path)) {
            if (target instanceof Target.Missing missing) {
                Lookup.requireWritable(ctx, missing.mount());
            }
            Target.Existing file = requireChangeable(ctx, target);
            if (!file.parent().isInPlace()) {
                truncateCopy(ctx, file, size);
                return;
            }
            try (FileChannel channel = opener.forWriting(ctx, file)) {
                resize(channel, size);
            }
        }
    }

    private static void resize(FileChannel channel, long size) throws IOException {
        if (size > channel.size()) {
            // Java does not lengthen a file, but what lies before a byte written beyond its end reads as zero.
            channel.write(ByteBuffer.allocate(1), size - 1);
        } else {
            channel.truncate(size);
        }
    }

    /** Replaces the file by one of the right size. */
    private void truncateCopy(SyscallContext ctx, Target.Existing file, long size) throws IOException {
        try (FileChannel content = opener.forReading(ctx, file);
                StagedFile copy =
                        StagedFile.beginLike(ctx, opener, file.parent(), fresh(file.mount()), file.attributes())) {
            FileContent.copyUpTo(ctx, content, copy.channel(), size);
            resize(copy.channel(), size);
            copy.publish(file.parent(), file.name());
        }
    }

    void copy(SyscallContext ctx, String source, String destination) throws IOException {
        try (Target from = lookup.follow(ctx, source)) {
            Target.Existing file = Lookup.requireRegularFile(ctx, from);
            try (Target to = lookup.destination(ctx, VirtualPath.parse(ctx, destination), Resolver.LastLink.FOLLOW)) {
                if (to instanceof Target.Missing missing) {
                    Lookup.requireWritable(ctx, missing.mount());
                    requireNewFile(ctx, missing);
                    copy(ctx, file, missing.mount(), missing.parent(), missing.name());
                } else {
                    Target.Existing replaced = requireChangeable(ctx, to);
                    copy(ctx, file, replaced.mount(), replaced.parent(), replaced.name());
                }
            }
        }
    }

    private void copy(
            SyscallContext ctx, Target.Existing file, MountedDirectory mount, DirectoryHandle parent, Name name)
            throws IOException {
        try (FileChannel content = opener.forReading(ctx, file);
                StagedFile copy = StagedFile.beginLike(ctx, opener, parent, fresh(mount), file.attributes())) {
            FileContent.copy(ctx, content, copy.channel(), 0, content.size());
            copy.publish(parent, name);
        }
    }

    private static Name fresh(MountedDirectory mount) {
        return HiddenNames.fresh(mount.fileSystem());
    }

    static Target.Existing requireChangeable(SyscallContext ctx, Target target) {
        if (target instanceof Target.Existing existing) {
            Lookup.requireWritable(ctx, existing.mount());
        }
        return Lookup.requireRegularFile(ctx, target);
    }

    static void requireNewFile(SyscallContext ctx, Target.Missing missing) {
        Lookup.requireCreatable(ctx, missing);
        if (missing.asDirectory()) {
            throw ctx.failure(ErrorCode.IS_A_DIRECTORY, "the path demands a directory, and a file cannot be one");
        }
    }
}
