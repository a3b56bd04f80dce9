package dev.syscallkernel.grpc;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;

/**
 * What all reading streams of a server together may keep in memory outside the heap: a JVM has as much of that as of
 * heap, unless told otherwise, and without it nobody is served any more. Each stream needs room for two chunks, the one
 * that is read and the one that waits for the network; a stream that finds no room for these is refused. What more may
 * wait, so that the network is never idle, gets less with every stream. Thread-safe.
 */
final class OutboundMemory {
    /** How many chunks may wait for the network at best, before the next one is read. */
    private static final int CHUNKS_AHEAD = 4;

    /** The same for large chunks, of which two keep the network busy for long enough. */
    private static final int LARGE_CHUNKS_AHEAD = 2;

    private static final int LARGE_CHUNK = 256 << 10;

    private final long limit;
    private final Object lock = new Object();
    private long claimed; // guarded by lock
    private int streams; // guarded by lock

    OutboundMemory() {
        this(Runtime.getRuntime().maxMemory() / 2); // the network's pools and those who write need some, too
    }

    OutboundMemory(long limit) {
        this.limit = limit;
    }

    /**
     * Takes the room for a stream, which has to be given back by {@link #leave}.
     *
     * @return how many bytes may wait for the network before the stream reads on
     * @throws SyscallException RESOURCE_EXHAUSTED if there is no room
     */
    int join(int chunkSize) {
        int count;
        synchronized (lock) {
            if (claimed + 2L * chunkSize > limit) {
                throw new SyscallException(
                        ErrorCode.RESOURCE_EXHAUSTED,
                        "stream_read",
                        "",
                        "the server's memory has no room for more open streams; read in smaller chunks, close some"
                                + " streams, or give the server a larger heap");
            }
            claimed += 2L * chunkSize;
            count = ++streams;
        }
        int best = (chunkSize < LARGE_CHUNK ? CHUNKS_AHEAD : LARGE_CHUNKS_AHEAD) * chunkSize;
        return (int) Math.max(1, Math.min(best, limit / 16 / count));
    }

    /** Gives the room for a stream back. */
    void leave(int chunkSize) {
        synchronized (lock) {
            claimed -= 2L * chunkSize;
            streams--;
        }
    }
}
