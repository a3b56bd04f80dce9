package dev.syscallkernel.local.task;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A binary heap out of which any element can be taken in logarithmic time. Not thread-safe. */
final class IndexedHeap<T extends HeapNode> {
    private @Nullable HeapNode[] nodes = new HeapNode[4];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void add(T node) {
        if (size == nodes.length) {
            nodes = Arrays.copyOf(nodes, 2 * size);
        }
        place(node, size++);
        up(node);
    }

    /** The first one, which stays; null if there is none. */
    @SuppressWarnings("unchecked") // Nothing but a T was ever added.
    @Nullable
    T first() {
        return (T) nodes[0];
    }

    /** Takes one out. Returns whether it was inside. */
    boolean remove(T node) {
        int hole = node.index;
        if (hole == HeapNode.OUTSIDE) {
            return false;
        }
        node.index = HeapNode.OUTSIDE;
        HeapNode last = at(--size);
        nodes[size] = null;
        if (last != node) {
            place(last, hole);
            settle(last);
        }
        shrink();
        return true;
    }

    /** Moves one that is inside to where it belongs now. */
    void settle(HeapNode node) {
        up(node);
        down(node);
    }

    private void up(HeapNode node) {
        int at = node.index;
        while (at > 0) {
            HeapNode parent = at((at - 1) / 2);
            if (!node.precedes(parent)) {
                break;
            }
            int above = parent.index;
            place(parent, at);
            at = above;
        }
        place(node, at);
    }

    private void down(HeapNode node) {
        int at = node.index;
        while (2 * at + 1 < size) {
            HeapNode child = at(2 * at + 1);
            if (child.index + 1 < size && at(child.index + 1).precedes(child)) {
                child = at(child.index + 1);
            }
            if (!child.precedes(node)) {
                break;
            }
            int below = child.index;
            place(child, at);
            at = below;
        }
        place(node, at);
    }

    /** A flood that has passed leaves no large array behind. */
    private void shrink() {
        if (nodes.length > 64 && size < nodes.length / 4) {
            nodes = Arrays.copyOf(nodes, nodes.length / 2);
        }
    }

    private HeapNode at(int index) {
        HeapNode node = nodes[index];
        if (node == null) {
            throw new IllegalStateException("no element at " + index + " of " + size);
        }
        return node;
    }

    private void place(HeapNode node, int index) {
        nodes[index] = node;
        node.index = index;
    }
}
