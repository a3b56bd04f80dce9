package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations that change nothing. */
final class Reading {
    private static final System.Logger LOG = System.getLogger(Reading.class.getName());
    /** How many entries of a directory are described between two looks at the cancellation. */
    private static final int ENTRIES_PER_LOOK = 256;

    private final Lookup lookup;
    private final FileOpener opener;
    private final MountTable mounts;
    private final Instant since;

    /** @param since the time that directories have which are only virtual */
    Reading(Lookup lookup, FileOpener opener, MountTable mounts, Instant since) {
        this.lookup = lookup;
        this.opener = opener;
        this.mounts = mounts;
        this.since = since;
    }

    byte[] readFile(SyscallContext ctx, String path) throws IOException {
        try (Target target = lookup.follow(ctx, path)) {
            Target.Existing file = Lookup.requireRegularFile(ctx, target);
            FileContent.requireInline(ctx, file.attributes().size());
            try (FileChannel channel = opener.forReading(ctx, file)) {
                return FileContent.readAll(ctx, channel, file.attributes().size());
            }
        }
    }

    FileTree.OpenFile open(SyscallContext ctx, String path) throws IOException {
        try (Target target = lookup.follow(ctx, path)) {
            Target.Existing file = Lookup.requireRegularFile(ctx, target);
            FileChannel channel = opener.forReading(ctx, file);
            try {
                return new FileTree.OpenFile(
                        channel, channel.size(), file.position().toString());
            } catch (IOException | RuntimeException | Error failure) {
                channel.close();
                throw failure;
            }
        }
    }

    boolean exists(SyscallContext ctx, String path) throws IOException {
        try (Target target = lookup.follow(ctx, path)) {
            return !(target instanceof Target.Missing);
        } catch (SyscallException failure) {
            if (failure.code() == ErrorCode.NOT_FOUND || failure.code() == ErrorCode.NOT_A_DIRECTORY) {
                return false;
            }
            throw failure;
        }
    }

    FileStat stat(SyscallContext ctx, String path) throws IOException {
        try (Target target = lookup.follow(ctx, path)) {
            Position position = target.position();
            if (target instanceof Target.Existing existing) {
                return FileStats.of(position, existing.attributes(), existing.byLink());
            }
            if (target instanceof Target.MountRoot root) {
                return FileStats.of(position, root.handle().attributes(), false);
            }
            if (target instanceof Target.Synthetic) {
                return FileStats.synthetic(position.name(), position.toString(), since);
            }
            throw Lookup.missing(ctx);
        }
    }

    List<DirectoryEntry> list(SyscallContext ctx, String path) throws IOException {
        try (Target target = lookup.follow(ctx, path)) {
            List<DirectoryEntry> entries = new ArrayList<>();
            if (target instanceof Target.MountRoot root) {
                addEntries(ctx, root.mount(), root.handle(), target.position(), entries);
            } else if (target instanceof Target.Existing existing) {
                if (!existing.isDirectory()) {
                    throw Lookup.notDirectory(ctx);
                }
                try (DirectoryHandle directory = existing.enter()) {
                    addEntries(ctx, existing.mount(), directory, target.position(), entries);
                }
            } else if (target instanceof Target.Missing) {
                throw Lookup.missing(ctx);
            }
            addMounts(ctx, target.position(), entries);
            // An entry tells of its attributes, which the process may not learn of a blocked file.
            PathRules rules = lookup.rules(ctx);
            entries.removeIf(
                    entry -> rules.blocks(target.position().child(entry.name()).names()));
            entries.sort(Comparator.comparing(DirectoryEntry::name));
            return entries;
        }
    }

    private static void addEntries(
            SyscallContext ctx,
            MountedDirectory mount,
            DirectoryHandle directory,
            Position position,
            List<DirectoryEntry> entries)
            throws IOException {
        String prefix = prefix(position);
        int described = 0;
        for (Name name : directory.names()) {
            if (described++ % ENTRIES_PER_LOOK == 0) {
                ctx.throwIfCancelled();
            }
            BasicFileAttributes attributes = directory.find(name);
            if (HiddenNames.isHidden(name.text())) {
                if (attributes != null && !mount.isReadOnly() && directory.isInPlace()) {
                    sweep(directory, name, attributes);
                }
            } else if (attributes != null) {
                FileStat stat =
                        FileStats.of(name.text(), prefix + name.text(), attributes, attributes.isSymbolicLink());
                entries.add(new DirectoryEntry(name.text(), name.isDecodable(), stat));
            }
        }
    }

    /** Removes what a kernel that was killed has left long ago: whoever lists a directory comes by anyway. */
    private static void sweep(DirectoryHandle directory, Name name, BasicFileAttributes attributes) {
        if (attributes.isRegularFile() && HiddenNames.isLeftover(name.text(), attributes)) {
            try {
                directory.deleteFile(name);
            } catch (IOException failure) {
                LOG.log(Level.DEBUG, "What a kernel has left long ago could not be removed", failure);
            }
        }
    }

    /** A mount point hides what the outer mount has in its place; so does the way to one, unless it is there too. */
    private void addMounts(SyscallContext ctx, Position position, List<DirectoryEntry> entries) throws IOException {
        MountTable.Node node = mounts.find(position);
        if (node == null) {
            return;
        }
        for (String name : node.names()) {
            MountedDirectory mount = requireNonNull(node.child(name)).mount();
            if (mount != null || entries.stream().noneMatch(e -> isDirectoryNamed(name, e))) {
                entries.removeIf(entry -> entry.decodable() && entry.name().equals(name));
                entries.add(new DirectoryEntry(name, true, mountStat(ctx, name, prefix(position) + name, mount)));
            }
        }
    }

    private FileStat mountStat(SyscallContext ctx, String name, String path, @Nullable MountedDirectory mount)
            throws IOException {
        if (mount == null) {
            return FileStats.synthetic(name, path, since);
        }
        try (DirectoryHandle root = mount.retainRoot(ctx)) {
            return FileStats.of(name, path, root.attributes(), false);
        }
    }

    private static boolean isDirectoryNamed(String name, DirectoryEntry entry) {
        return entry.decodable() && entry.name().equals(name) && entry.stat().isDirectory();
    }

    private static String prefix(Position directory) {
        return directory.names().isEmpty() ? "/" : directory + "/";
    }
}
