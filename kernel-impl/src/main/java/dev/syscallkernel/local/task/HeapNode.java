package dev.syscallkernel.local.task;

/** An element of an {@link IndexedHeap}, which knows where in it it is. Guarded by the lock of the heap. */
abstract class HeapNode {
    /** Not in a heap. */
    static final int OUTSIDE = -1;

    int index = OUTSIDE;

    /** Whether this one comes out before another one of the same heap. */
    abstract boolean precedes(HeapNode other);
}
