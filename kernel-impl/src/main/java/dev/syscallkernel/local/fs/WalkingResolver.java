package dev.syscallkernel.local.fs;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.PathLocks.Use;
import dev.syscallkernel.local.fs.PathLocks.Want;
import dev.syscallkernel.security.Sandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Resolves paths one component at a time, each in the handle of the directory it is in. See {@link Walk} for how.
 *
 * <p>Next to atomic batches it locks what it came by, and walks again until all of it was locked before the walk.
 */
final class WalkingResolver implements Resolver {
    private record Compiled(Sandbox sandbox, PathRules rules) {}

    private final MountTable mounts;
    private final HandleCache handles;
    private final Isolation isolation;
    private final PathLocks.@Nullable Grant grant;
    private volatile @Nullable Compiled latest;

    /** @param grant takes the locks; null where no batch can be under way */
    WalkingResolver(MountTable mounts, HandleCache handles, Isolation isolation, PathLocks.@Nullable Grant grant) {
        this.mounts = mounts;
        this.handles = handles;
        this.isolation = isolation;
        this.grant = grant;
    }

    @Override
    public Target resolve(SyscallContext ctx, Position from, VirtualPath path, LastLink lastLink, Use use)
            throws IOException {
        if (grant == null && !isolation.blocksAnything()) {
            return walk(ctx, from, path, lastLink, null);
        }
        while (true) {
            List<Path> trace = new ArrayList<>();
            Target target = null;
            try {
                target = walk(ctx, from, path, lastLink, trace);
                if (isSettled(ctx, trace, use)) {
                    return target;
                }
                target.close();
            } catch (SyscallException failure) {
                if (target != null) {
                    target.close();
                    throw failure;
                }
                if (isSettled(ctx, trace, use)) {
                    throw failure;
                }
            } catch (LockedException locked) {
                if (target != null) {
                    target.close();
                }
                throw locked;
            }
        }
    }

    private Target walk(
            SyscallContext ctx, Position from, VirtualPath path, LastLink lastLink, @Nullable List<Path> trace)
            throws IOException {
        try (Walk walk = new Walk(ctx, mounts, handles, rules(ctx), from, path, lastLink, trace)) {
            return walk.run();
        }
    }

    /** Whether the outcome of the walk may be relied on. Its last stop is where it led to; it only read the others. */
    private boolean isSettled(SyscallContext ctx, List<Path> trace, Use use) {
        List<Want> wants = new ArrayList<>();
        for (int i = 0; i < trace.size(); i++) {
            wants.add(new Want(trace.get(i), i == trace.size() - 1 ? use : Use.READ));
        }
        wants.forEach(want -> isolation.requireCertain(ctx, want));
        return grant == null || Isolation.settle(grant, wants);
    }

    PathRules rules(SyscallContext ctx) {
        Compiled known = latest;
        if (known == null || !known.sandbox.equals(ctx.sandbox())) {
            known = new Compiled(ctx.sandbox(), PathRules.of(ctx.sandbox()));
            latest = known;
        }
        return known.rules;
    }
}
