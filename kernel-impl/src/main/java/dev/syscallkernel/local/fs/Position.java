package dev.syscallkernel.local.fs;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.List;

/** A place in the virtual tree: the names that lead to it from the root, free of links, {@code .} and {@code ..}. */
record Position(List<String> names) {
    static final Position ROOT = new Position(List.of());

    Position {
        names = List.copyOf(names);
    }

    /** The position that a path without {@code .} and {@code ..} stands for. */
    static Position of(String path) {
        return new Position(Splitter.on('/').omitEmptyStrings().splitToList(path));
    }

    /** The last name; empty for the root. */
    String name() {
        return names.isEmpty() ? "" : names.get(names.size() - 1);
    }

    /** The position of the directory it is in; the root's is the root. */
    Position parent() {
        return names.isEmpty() ? this : new Position(names.subList(0, names.size() - 1));
    }

    /** The position of an entry of the directory at this one. */
    Position child(String name) {
        List<String> longer = new ArrayList<>(names);
        longer.add(name);
        return new Position(longer);
    }

    /** Whether this is the other place, or one above it. */
    boolean covers(List<String> other) {
        return names.size() <= other.size() && names.equals(other.subList(0, names.size()));
    }

    /** The absolute path. */
    @Override
    public String toString() {
        return "/" + String.join("/", names);
    }
}
