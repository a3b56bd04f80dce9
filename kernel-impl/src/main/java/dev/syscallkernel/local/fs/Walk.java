package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One walk along a path, as in a {@code chroot} to the virtual root: physical, one component at a time.
 *
 * <p>The walk stands on a position, which never contains a link, and holds the handle of the directory that is there,
 * and of no other. Each component is looked up in that handle. A directory is entered only by a handle whose file key
 * its name still has. The text of a link replaces its name in what remains to be walked, and so can lead no further
 * than any other path. On {@code ..} the last name of the position is dropped and the rest walked again from the root:
 * a handle is never asked for its parent, because it may have been moved out of the mount.
 *
 * <p>Where the rules do not let a path lead through, nothing is looked up: the answer is the same whatever is there.
 *
 * <p>Used by one thread, for one path.
 */
final class Walk implements AutoCloseable {
    private static final int MAX_LINKS = 40;
    private static final int MAX_STEPS = 1024;

    private final SyscallContext ctx;
    private final HandleCache handles;
    private final PathRules rules;
    private final boolean followLast;
    private final boolean lastIsName;
    private final MountTable.Node root;
    private final @Nullable List<Path> trace;

    private final Deque<String> remaining = new ArrayDeque<>();
    private final List<String> names = new ArrayList<>(); // the position
    private MountTable.@Nullable Node node; // the position among the mounts; null if none lies at it or beneath
    private @Nullable MountedDirectory mount; // the one that the position is in; null if it is in none
    private @Nullable DirectoryHandle current; // the directory at the position, retained; null in no mount
    private boolean stale; // names were dropped: node, mount and current are those of an earlier position

    private boolean asDirectory;
    private boolean byLink;
    private int links;
    private int steps;

    Walk(
            SyscallContext ctx,
            MountTable mounts,
            HandleCache handles,
            PathRules rules,
            Position from,
            VirtualPath path,
            Resolver.LastLink lastLink,
            @Nullable List<Path> trace) {
        this.ctx = ctx;
        this.handles = handles;
        this.rules = rules;
        this.followLast = lastLink == Resolver.LastLink.FOLLOW || !path.endsWithName();
        this.lastIsName = path.ending() == VirtualPath.Ending.NAME;
        this.root = mounts.root();
        this.trace = trace;
        this.asDirectory = path.demandsDirectory();
        prepend(path.components());
        if (!path.absolute()) {
            prepend(from.names());
        }
    }

    Target run() throws IOException {
        try {
            restart();
            while (true) {
                Target end = remaining.isEmpty() ? arrive() : step(remaining.pop());
                if (end != null) {
                    return end;
                }
            }
        } finally {
            note();
        }
    }

    /** Remembers that the outcome of the walk depends on what is at the position. */
    private void note() {
        if (trace != null && mount != null) {
            trace.add(mount.hostPath(names));
        }
    }

    /** Nothing remains to be walked. */
    private @Nullable Target arrive() {
        if (stale || isInsideMount()) {
            // The path ended on "..". Walking to this place by its name shows what it is an entry of.
            walkAgain();
            return null;
        }
        requireAllowed();
        return mount == null ? new Target.Synthetic(position()) : new Target.MountRoot(position(), mount, handOver());
    }

    private @Nullable Target step(String component) throws IOException {
        if (component.equals(VirtualPath.PARENT)) {
            leave();
            return null;
        }
        if (++steps > MAX_STEPS) {
            throw ctx.failure(ErrorCode.NAME_TOO_LONG, "resolving the path takes over " + MAX_STEPS + " steps");
        }
        if (stale) {
            remaining.push(component);
            walkAgain();
            return null;
        }
        names.add(component);
        if (!rules.mayBeWalked(names)) {
            throw refusedByRules();
        }
        if (names.size() > VirtualPath.MAX_COMPONENTS) {
            throw ctx.failure(
                    ErrorCode.NAME_TOO_LONG,
                    "the path leads to a depth of over " + VirtualPath.MAX_COMPONENTS + " directories");
        }
        MountTable.Node below = node == null ? null : node.child(component);
        if (below != null && below.mount() != null) {
            moveTo(below, below.mount());
            return null;
        }
        if (mount == null) {
            if (below == null) {
                throw ctx.failure(ErrorCode.PERMISSION_DENIED, "the path leads out of the mounts of the process");
            }
            node = below;
            return null;
        }
        return lookUp(component, below);
    }

    /** Looks a name up in the current directory. It has been added to the position. */
    private @Nullable Target lookUp(String component, MountTable.@Nullable Node below) throws IOException {
        MountedDirectory in = requireNonNull(mount);
        DirectoryHandle directory = requireNonNull(current);
        Name name = Name.of(ctx, in.fileSystem(), component);
        boolean hidden = HiddenNames.isHidden(component);
        BasicFileAttributes attributes = hidden ? null : directory.find(name);
        if (below != null && (attributes == null || !attributes.isDirectory())) {
            // The way to a mount point exists whatever the outer mount has in its place.
            moveTo(below, null);
            return null;
        }
        if (attributes == null) {
            return missing(in, name, hidden);
        }
        if (attributes.isSymbolicLink() && (followLast || !remaining.isEmpty())) {
            follow(in);
            return null;
        }
        if (remaining.isEmpty()) {
            return existing(in, name, attributes, below);
        }
        if (!attributes.isDirectory()) {
            throw ctx.failure(ErrorCode.NOT_A_DIRECTORY, "a component of the path is not a directory");
        }
        if (VirtualPath.PARENT.equals(remaining.peek())) {
            note();
            remaining.pop();
            names.remove(names.size() - 1);
            return null;
        }
        enter(directory, name, attributes);
        node = below;
        return null;
    }

    private Target existing(
            MountedDirectory in, Name name, BasicFileAttributes attributes, MountTable.@Nullable Node below) {
        requireAllowed();
        if (asDirectory && followLast && !attributes.isDirectory()) {
            throw ctx.failure(ErrorCode.NOT_A_DIRECTORY, "the path demands a directory, and this is none");
        }
        return new Target.Existing(position(), in, handOver(), name, attributes, byLink, asDirectory, below != null);
    }

    private Target missing(MountedDirectory in, Name name, boolean hidden) {
        if (!remaining.isEmpty()) {
            throw ctx.failure(ErrorCode.NOT_FOUND, "a directory on the path does not exist");
        }
        requireAllowed();
        return new Target.Missing(position(), in, handOver(), name, asDirectory, hidden);
    }

    private void enter(DirectoryHandle directory, Name name, BasicFileAttributes attributes) throws IOException {
        DirectoryHandle next = handles.find(directory, name, attributes);
        if (next == null) {
            next = directory.enter(name);
            handles.keep(directory, name, next);
        }
        directory.close();
        current = next;
    }

    /** Replaces the link, which is the last name of the position, by its text. */
    private void follow(MountedDirectory in) throws IOException {
        if (++links > MAX_LINKS) {
            throw ctx.failure(
                    ErrorCode.TOO_MANY_LINKS, "resolving the path meets over " + MAX_LINKS + " symbolic links");
        }
        note();
        VirtualPath text = readLink(in);
        names.remove(names.size() - 1);
        if (remaining.isEmpty()) {
            byLink |= lastIsName;
            asDirectory |= text.demandsDirectory();
        }
        prepend(text.components());
        if (text.absolute()) {
            restart();
        }
    }

    /**
     * Reads the text, mostly by path, for Java cannot do it by handle. Whoever swaps a directory on that path can only have
     * another text walked, beneath the same root; and the process is never shown the text.
     */
    private VirtualPath readLink(MountedDirectory in) throws IOException {
        Path text;
        try {
            text = in.readLink(ctx, requireNonNull(current), last(in), in.pathBelowRoot(names));
        } catch (NoSuchFileException | NotLinkException swapped) {
            throw new SwappedException(swapped);
        } catch (FileSystemException failure) {
            throw HostErrors.isLink(failure) ? new SwappedException(failure) : failure;
        }
        if (!Name.isDecodable(text)) {
            throw ctx.failure(
                    ErrorCode.INVALID_ARGUMENT, "the path meets a symbolic link whose text is not valid UTF-8");
        }
        return VirtualPath.parse(ctx, text.toString());
    }

    private Name last(MountedDirectory in) {
        return Name.of(ctx, in.fileSystem(), names.get(names.size() - 1));
    }

    /** Goes to the parent. At the virtual root, that is the root itself. */
    private void leave() {
        if (!names.isEmpty()) {
            names.remove(names.size() - 1);
            stale = true;
        }
    }

    private void walkAgain() {
        prepend(names);
        restart();
    }

    private void restart() {
        names.clear();
        stale = false;
        moveTo(root, root.mount());
    }

    private void moveTo(MountTable.Node place, @Nullable MountedDirectory mounted) {
        close();
        node = place;
        mount = mounted;
        if (mounted != null) {
            current = mounted.retainRoot(ctx);
        }
    }

    private void prepend(List<String> components) {
        for (int i = components.size() - 1; i >= 0; i--) {
            remaining.push(components.get(i));
        }
    }

    private boolean isInsideMount() {
        return mount != null && names.size() > mount.position().names().size();
    }

    private Position position() {
        return new Position(names);
    }

    private DirectoryHandle handOver() {
        DirectoryHandle handle = requireNonNull(current);
        current = null;
        return handle;
    }

    private void requireAllowed() {
        if (!rules.allows(names)) {
            throw refusedByRules();
        }
    }

    private SyscallException refusedByRules() {
        return ctx.failure(ErrorCode.PERMISSION_DENIED, "the sandbox of the process does not allow this path");
    }

    @Override
    public void close() {
        if (current != null) {
            current.close();
            current = null;
        }
    }
}
