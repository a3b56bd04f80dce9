package dev.syscallkernel.local.fs;

import com.google.common.base.Splitter;
import dev.syscallkernel.security.Sandbox;
import java.util.ArrayList;
import java.util.List;

/** The path rules of a sandbox. They look at positions, which are where a path really leads. Immutable. */
final class PathRules {
    private final List<Position> allowed;
    private final List<Position> blocked;

    private PathRules(List<Position> allowed, List<Position> blocked) {
        this.allowed = allowed;
        this.blocked = blocked;
    }

    static PathRules of(Sandbox sandbox) {
        return new PathRules(positions(sandbox.allowedPaths()), positions(sandbox.blockedPaths()));
    }

    /** Whether an operation may work on this place. */
    boolean allows(List<String> names) {
        return !blocks(names) && (allowed.isEmpty() || covers(allowed, names));
    }

    /** Whether the place is blocked, whatever is allowed. */
    boolean blocks(List<String> names) {
        return !blocked.isEmpty() && covers(blocked, names);
    }

    /** Whether something beneath the place is blocked. */
    boolean blocksBeneath(Position position) {
        return blocked.stream().anyMatch(rule -> position.covers(rule.names()));
    }

    /**
     * Whether a path may lead through this place: it is allowed, or on the way to what is. Anywhere else not even a name
     * may be looked up, for whether the walk goes on would tell what is there.
     */
    boolean mayBeWalked(List<String> names) {
        return !blocks(names) && (allowed.isEmpty() || covers(allowed, names) || leadsToAllowed(names));
    }

    private boolean leadsToAllowed(List<String> names) {
        for (Position rule : allowed) {
            if (names.size() <= rule.names().size() && names.equals(rule.names().subList(0, names.size()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean covers(List<Position> rules, List<String> names) {
        for (Position rule : rules) {
            if (rule.covers(names)) {
                return true;
            }
        }
        return false;
    }

    private static List<Position> positions(List<String> paths) {
        return paths.stream().map(PathRules::position).toList();
    }

    private static Position position(String path) {
        List<String> names = new ArrayList<>();
        for (String component : Splitter.on('/').split(path)) {
            if (component.equals(VirtualPath.PARENT)) {
                if (!names.isEmpty()) {
                    names.remove(names.size() - 1);
                }
            } else if (!component.isEmpty() && !component.equals(".")) {
                names.add(component);
            }
        }
        return new Position(names);
    }
}
