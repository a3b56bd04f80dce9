package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;

/** Finds out where a path leads, without ever touching anything outside the mounts. Thread-safe. */
sealed interface Resolver permits WalkingResolver {

    /** What to do when the path ends in the name of a symbolic link. */
    enum LastLink {
        FOLLOW,
        /** Answer the link itself. */
        KEEP
    }

    /**
     * Resolves a path.
     *
     * @param from where a relative path starts
     * @param use what is wanted of the place it leads to
     * @return where it leads; the caller closes it
     * @throws dev.syscallkernel.SyscallException if it leads nowhere, or nowhere it may
     * @throws SwappedException if directories or links on the way were replaced meanwhile
     * @throws IOException as the host reports it
     */
    Target resolve(SyscallContext ctx, Position from, VirtualPath path, LastLink lastLink, PathLocks.Use use)
            throws IOException;
}
