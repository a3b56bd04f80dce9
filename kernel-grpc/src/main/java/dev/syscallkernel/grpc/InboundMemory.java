package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;

/**
 * What all streams of a server that write, to files and to programs, may together keep in memory of what their clients
 * have sent. How large the next chunk will be, nobody knows before it has come: so a stream asks for few messages ahead
 * as long as it has seen large ones or none, and for less with every further stream; and what has come is counted. A
 * stream keeps the room that it once needed until it ends, so that one which got going is not refused for the sake of a
 * new one. Thread-safe.
 */
final class InboundMemory {
    /** How many messages may be asked for ahead: asking for them one by one would wake two threads for each. */
    private static final int MAX_AHEAD = 8;

    /** The same in bytes: of large chunks, two keep the network busy for long enough. */
    private static final int AHEAD_BYTES = 512 << 10;

    private static final int LARGE_CHUNKS_AHEAD = 2;

    private final long limit;
    private final Object lock = new Object();
    private long claimed; // guarded by lock
    private int streams; // guarded by lock; of which something has come

    InboundMemory() {
        this(Runtime.getRuntime().maxMemory() / 4); // the streams that read may take half
    }

    InboundMemory(long limit) {
        this.limit = limit;
    }

    /** A share for the stream that a call opens, which takes no room until something has come. */
    Share join(Syscall<?> opening) {
        return new Share(opening);
    }

    /** One stream's share. */
    final class Share {
        private final Syscall<?> opening;
        private long held; // guarded by lock; what has come and was not taken
        private long room; // guarded by lock; what was once held at most
        private int largest; // guarded by lock; the largest chunk so far
        private boolean left; // guarded by lock

        private Share(Syscall<?> opening) {
            this.opening = opening;
        }

        /**
         * Takes note of a chunk that has come.
         *
         * @throws SyscallException RESOURCE_EXHAUSTED if there is no room for it
         */
        void arrived(int size) {
            synchronized (lock) {
                long needed = Math.max(0, held + size - room);
                if (!left && claimed + needed > limit) {
                    throw new SyscallException(
                            ErrorCode.RESOURCE_EXHAUSTED,
                            opening.name(),
                            opening.subject(),
                            "the server's memory has no room for more of what is sent; write in smaller chunks, or give"
                                    + " the server a larger heap");
                }
                held += size;
                largest = Math.max(largest, size);
                if (!left && needed > 0) {
                    streams += room == 0 ? 1 : 0;
                    room += needed;
                    claimed += needed;
                }
            }
        }

        /** Takes note of a chunk that is not in memory any more. */
        void taken(int size) {
            synchronized (lock) {
                held -= size;
            }
        }

        /** How many messages may be asked for and not yet taken. */
        int ahead() {
            synchronized (lock) {
                if (largest == 0) {
                    return 1;
                }
                long fair = limit / 16 / Math.max(1, streams);
                long best = Math.max(AHEAD_BYTES, (long) LARGE_CHUNKS_AHEAD * largest);
                return (int) Math.max(1, Math.min(MAX_AHEAD, Math.min(best, fair) / largest));
            }
        }

        /** Gives the room back. Leaving twice has no effect. */
        void leave() {
            synchronized (lock) {
                if (!left) {
                    left = true;
                    claimed -= room;
                    streams -= room == 0 ? 0 : 1;
                }
            }
        }
    }
}
