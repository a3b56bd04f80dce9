package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.PathLocks.Use;
import java.io.IOException;

/** Resolves the paths that a process gives, from its working directory, and says what is wrong with a target. */
final class Lookup {
    private final WalkingResolver resolver;
    private final WorkingDirectory workingDirectory;

    Lookup(WalkingResolver resolver, WorkingDirectory workingDirectory) {
        this.resolver = resolver;
        this.workingDirectory = workingDirectory;
    }

    Position workingDirectory() {
        return workingDirectory.position();
    }

    void workIn(Position directory) {
        workingDirectory.moveTo(directory);
    }

    PathRules rules(SyscallContext ctx) {
        return resolver.rules(ctx);
    }

    /** What a path leads to, after all links. */
    Target follow(SyscallContext ctx, String path) throws IOException {
        return resolve(ctx, VirtualPath.parse(ctx, path), Resolver.LastLink.FOLLOW, Use.READ);
    }

    /** What a path leads to, after all links, to be changed. */
    Target followToChange(SyscallContext ctx, String path) throws IOException {
        return resolve(ctx, VirtualPath.parse(ctx, path), Resolver.LastLink.FOLLOW, Use.CHANGE);
    }

    /** The entry that a path names, which may be a link, to be changed. */
    Target keep(SyscallContext ctx, VirtualPath path) throws IOException {
        return resolve(ctx, path, Resolver.LastLink.KEEP, Use.CHANGE);
    }

    private Target resolve(SyscallContext ctx, VirtualPath path, Resolver.LastLink lastLink, Use use)
            throws IOException {
        return resolver.resolve(ctx, workingDirectory.position(), path, lastLink, use);
    }

    /** Where something is to be put. Errors say that they are about the destination, for the subject is the source. */
    Target destination(SyscallContext ctx, VirtualPath path, Resolver.LastLink lastLink) throws IOException {
        try {
            return resolve(ctx, path, lastLink, Use.CHANGE);
        } catch (SyscallException failure) {
            throw ctx.failure(failure.code(), "the destination: " + failure.reason(), failure);
        }
    }

    /** The target as a regular file. */
    static Target.Existing requireRegularFile(SyscallContext ctx, Target target) {
        if (target instanceof Target.Existing existing) {
            return requireRegularFile(ctx, existing);
        }
        throw target instanceof Target.Missing ? missing(ctx) : isDirectory(ctx);
    }

    static Target.Existing requireRegularFile(SyscallContext ctx, Target.Existing existing) {
        if (existing.isDirectory()) {
            throw isDirectory(ctx);
        }
        if (!existing.attributes().isRegularFile()) {
            throw ctx.failure(
                    ErrorCode.PERMISSION_DENIED, "a FIFO, a socket or a device can be neither read nor written");
        }
        return existing;
    }

    /** Fails unless what is in the mount may be changed. */
    static void requireWritable(SyscallContext ctx, MountedDirectory mount) {
        if (mount.isReadOnly()) {
            throw ctx.failure(ErrorCode.READ_ONLY, "the mount " + mount.position() + " is read-only");
        }
    }

    /** Fails unless the missing name can be given to something new. */
    static void requireCreatable(SyscallContext ctx, Target.Missing missing) {
        if (missing.hidden()) {
            throw ctx.failure(ErrorCode.INVALID_ARGUMENT, "names that begin with .sk- are the kernel's own");
        }
    }

    static SyscallException missing(SyscallContext ctx) {
        return ctx.failure(ErrorCode.NOT_FOUND, "no such file or directory");
    }

    static SyscallException isDirectory(SyscallContext ctx) {
        return ctx.failure(ErrorCode.IS_A_DIRECTORY, "is a directory");
    }

    static SyscallException notDirectory(SyscallContext ctx) {
        return ctx.failure(ErrorCode.NOT_A_DIRECTORY, "not a directory");
    }

    static SyscallException taken(SyscallContext ctx) {
        return ctx.failure(ErrorCode.ALREADY_EXISTS, "the name is taken");
    }

    static SyscallException synthetic(SyscallContext ctx) {
        return ctx.failure(
                ErrorCode.PERMISSION_DENIED, "a directory that only leads to mount points cannot be changed");
    }

    static SyscallException mountPoint(SyscallContext ctx) {
        return ctx.failure(ErrorCode.INVALID_ARGUMENT, "is a mount point");
    }
}
