package dev.syscallkernel.security;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.process.ResourceLimits;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a process is granted. Immutable.
 *
 * <p>Path rules are absolute virtual paths and cover all that lies beneath them. They are compared with where a path
 * really leads, after all links: a blocked path cannot be reached by another name. A path is allowed if no blocked path
 * covers it and, where {@code allowedPaths} is not empty, one of those does. Outside of those no name is looked up but on
 * the way to one of them: nothing there can be walked through, not even a link that leads back, and every answer is the
 * same whether or not something is there.
 *
 * @param capabilities what kinds of things it may do
 * @param allowedPaths if not empty, the only paths it may use
 * @param blockedPaths paths it may not use, whatever is allowed
 * @param explicitLimits its limits; null for those of the kernel
 */
public record Sandbox(
        Set<Capability> capabilities,
        List<String> allowedPaths,
        List<String> blockedPaths,
        @Nullable ResourceLimits explicitLimits) {

    /** No capability, no path rules, the kernel's limits. */
    public static final Sandbox NOTHING = new Sandbox(Set.of(), List.of(), List.of(), null);

    public Sandbox {
        capabilities = Set.copyOf(capabilities);
        allowedPaths = List.copyOf(allowedPaths);
        blockedPaths = List.copyOf(blockedPaths);
    }

    /** The limits, where they are not the kernel's. */
    public Optional<ResourceLimits> limits() {
        return Optional.ofNullable(explicitLimits);
    }

    /** This sandbox with further capabilities. */
    public Sandbox withCapabilities(Set<Capability> further) {
        EnumSet<Capability> all = EnumSet.noneOf(Capability.class);
        all.addAll(capabilities);
        all.addAll(further);
        return new Sandbox(all, allowedPaths, blockedPaths, explicitLimits);
    }

    /** This sandbox without some capabilities. */
    public Sandbox withoutCapabilities(Capability... revoked) {
        EnumSet<Capability> rest = EnumSet.noneOf(Capability.class);
        rest.addAll(capabilities);
        rest.removeAll(Set.of(revoked));
        return new Sandbox(rest, allowedPaths, blockedPaths, explicitLimits);
    }

    /** This sandbox with these as the only allowed paths; none means that all are. */
    public Sandbox withAllowedPaths(String... paths) {
        return new Sandbox(capabilities, List.of(paths), blockedPaths, explicitLimits);
    }

    /** This sandbox with these as the blocked paths. */
    public Sandbox withBlockedPaths(String... paths) {
        return new Sandbox(capabilities, allowedPaths, List.of(paths), explicitLimits);
    }

    public Sandbox withLimits(ResourceLimits limits) {
        return new Sandbox(capabilities, allowedPaths, blockedPaths, requireNonNull(limits, "limits"));
    }
}
