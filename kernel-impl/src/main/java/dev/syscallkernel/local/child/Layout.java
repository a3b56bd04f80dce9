package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.FileTree.Binding;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.security.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a program finds what its process has mounted. Confined, that is at the same paths, except for a mount at the
 * root, where a program needs the system's own directories: it is at {@value #WORKSPACE}. Otherwise it is where the host
 * has it.
 */
final class Layout {
    static final String WORKSPACE = "/workspace";

    /** Directories of the system, which a mount cannot hide. */
    private static final Set<String> SYSTEM = Set.of("usr", "bin", "sbin", "lib", "lib64", "proc", "dev");

    private final SyscallContext context;
    private final List<Binding> mounts; // of the process, outer ones first
    private final List<Binding> bindings = new ArrayList<>(); // of the program
    private final boolean confined;

    private Layout(SyscallContext context, List<Binding> mounts, boolean confined) {
        this.context = context;
        this.mounts = mounts;
        this.confined = confined;
    }

    /**
     * The layout for a program that is started now.
     *
     * @throws SyscallException UNSUPPORTED for what cannot be shown to a program as the process sees it
     */
    static Layout of(SyscallContext context, FileTree files, LauncherTier tier) {
        if (!context.sandbox().allowedPaths().isEmpty()
                || !context.sandbox().blockedPaths().isEmpty()) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "the process has path rules, which cannot be enforced on a program; mount only what it may see");
        }
        Comparator<Binding> outerFirst =
                Comparator.comparingInt(binding -> binding.path().length());
        List<Binding> mounts =
                files.bindings(context).stream().sorted(outerFirst).toList();
        Layout layout = new Layout(context, mounts, tier == LauncherTier.CONFINED);
        if (layout.confined && layout.holds(Capability.READ_FILE) && layout.holds(Capability.LIST_DIRECTORY)) {
            mounts.forEach(layout::bind);
        }
        return layout;
    }

    private boolean holds(Capability capability) {
        return context.sandbox().capabilities().contains(capability);
    }

    private void bind(Binding mount) {
        boolean readOnly = mount.readOnly()
                || !holds(Capability.WRITE_FILE)
                || !holds(Capability.CREATE_FILE)
                || !holds(Capability.DELETE_FILE);
        String path = mount.path().equals("/") ? WORKSPACE : mount.path();
        if (SYSTEM.contains(path.split("/", -1)[1])) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "a program cannot have the mount " + path + ", which hides the system's own");
        }
        if (bindings.stream().anyMatch(other -> other.path().equals(path))) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED, "a program finds the mount / at " + WORKSPACE + ", where another mount is");
        }
        for (Binding outer : List.copyOf(bindings)) {
            bindInside(outer, mount, readOnly);
        }
        boolean inside = bindings.stream().anyMatch(binding -> binding.path().equals(path));
        if (!inside) {
            bindings.add(new Binding(path, mount.hostPath(), readOnly, mount.scratch(), mount.identity()));
        }
    }

    /** A mount hides what an outer one has in its place: also where a program finds the outer one. */
    private void bindInside(Binding outer, Binding mount, boolean readOnly) {
        String outerPath = outer.path().equals(WORKSPACE) && virtualPath(outer).equals("/") ? "" : outer.path();
        if (!mount.path().startsWith(outerPath + "/")) {
            return;
        }
        String rest = mount.path().substring(outerPath.length());
        Path place = outer.hostPath().resolve(rest.substring(1));
        if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
            bindings.add(
                    new Binding(outer.path() + rest, mount.hostPath(), readOnly, mount.scratch(), mount.identity()));
        } else if (!outerPath.isEmpty() || Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
            throw context.failure(
                    ErrorCode.UNSUPPORTED,
                    "a program can have the mount " + mount.path()
                            + " inside of another one only if there is a directory in its place; create it");
        }
    }

    private String virtualPath(Binding bound) {
        return mounts.stream()
                .filter(mount -> mount.hostPath().equals(bound.hostPath()))
                .map(Binding::path)
                .findFirst()
                .orElse("");
    }

    /** What the program sees, outer ones first. */
    List<Binding> bindings() {
        return bindings;
    }

    /** Whether a mount that is not just the root has this path, or one above it. */
    boolean isMounted(String path) {
        Binding mount = innermost(path);
        return mount != null && !mount.path().equals("/");
    }

    /**
     * Where the program finds what is at a virtual path.
     *
     * @throws SyscallException PERMISSION_DENIED if it does not
     */
    String place(String virtualPath) {
        Binding mount = innermost(virtualPath);
        if (mount == null) {
            return confined ? virtualPath : "/"; // a directory that only leads to mounts
        }
        String rest = virtualPath.substring(
                mount.path().equals("/") ? 0 : mount.path().length());
        if (!confined) {
            return mount.hostPath() + (rest.equals("/") ? "" : rest);
        }
        if (bindings.isEmpty() && virtualPath.equals("/")) {
            return "/"; // nothing of the mount is seen there
        }
        if (bindings.isEmpty()) {
            throw context.failure(
                    ErrorCode.PERMISSION_DENIED,
                    "a program sees mounts only if its process holds READ_FILE and LIST_DIRECTORY");
        }
        return (mount.path().equals("/") ? WORKSPACE : mount.path()) + (rest.equals("/") ? "" : rest);
    }

    private @Nullable Binding innermost(String path) {
        Binding innermost = null;
        for (Binding mount : mounts) {
            if (mount.path().equals("/") || path.equals(mount.path()) || path.startsWith(mount.path() + "/")) {
                innermost = mount;
            }
        }
        return innermost;
    }

    /** Gives the scratch directories to the user of the programs, where that is not the kernel's. */
    void handOver(LauncherSettings settings) {
        if (!Launcher.changesUser()) {
            return;
        }
        for (Binding mount : mounts) {
            if (mount.scratch()) {
                try {
                    Files.setAttribute(mount.hostPath(), "unix:uid", settings.uid(), LinkOption.NOFOLLOW_LINKS);
                    Files.setAttribute(mount.hostPath(), "unix:gid", settings.gid(), LinkOption.NOFOLLOW_LINKS);
                } catch (IOException problem) {
                    throw context.failure(
                            ErrorCode.IO_ERROR, "a scratch directory cannot be given to the program", problem);
                }
            }
        }
    }
}
