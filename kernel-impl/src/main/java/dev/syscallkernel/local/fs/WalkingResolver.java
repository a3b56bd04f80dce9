package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.security.Sandbox;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Resolves paths one component at a time, each in the handle of the directory it is in. See {@link Walk} for how.
 */
final class WalkingResolver implements Resolver {
    private record Compiled(Sandbox sandbox, PathRules rules) {}

    private final MountTable mounts;
    private final HandleCache handles;
    private volatile @Nullable Compiled latest;

    WalkingResolver(MountTable mounts, HandleCache handles) {
        this.mounts = mounts;
        this.handles = handles;
    }

    @Override
    public Target resolve(SyscallContext ctx, Position from, VirtualPath path, LastLink lastLink) throws IOException {
        try (Walk walk = new Walk(ctx, mounts, handles, rules(ctx), from, path, lastLink)) {
            return walk.run();
        }
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
