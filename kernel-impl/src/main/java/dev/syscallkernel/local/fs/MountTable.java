package dev.syscallkernel.local.fs;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The mounts of a process as the tree of names that leads to them. Immutable once built. */
final class MountTable {
    private final Node root = new Node();

    MountTable(List<MountedDirectory> mounts) {
        for (MountedDirectory mount : mounts) {
            Node node = root;
            for (String name : mount.position().names()) {
                node = node.children.computeIfAbsent(name, n -> new Node());
            }
            node.mount = mount;
        }
    }

    Node root() {
        return root;
    }

    /** The place of a position, or null if no mount is there or beneath. */
    @Nullable
    Node find(Position position) {
        Node node = root;
        for (String name : position.names()) {
            node = node.child(name);
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    /** A mount point, a place above one, or both. */
    static final class Node {
        private final Map<String, Node> children = new TreeMap<>();
        private @Nullable MountedDirectory mount;

        /** What is mounted right here, or null. */
        @Nullable
        MountedDirectory mount() {
            return mount;
        }

        @Nullable
        Node child(String name) {
            return children.get(name);
        }

        /** The names beneath which there are mount points. */
        Collection<String> names() {
            return children.keySet();
        }

        boolean hasMountsBeneath() {
            return !children.isEmpty();
        }
    }
}
