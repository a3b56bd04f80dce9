package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.call.SyscallContext;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A file that is being written: out of sight until it is published, or at the end of another one. Errors of the host are
 * thrown as those of the call. Used by one thread at a time.
 */
public sealed interface WritableFile extends AutoCloseable permits StagedWriting, AppendedWriting {

    /** How many bytes it has so far; without those that the file it is appended to had before. */
    long size();

    /** Writes all that remains in the buffer. If it cannot, what was written of it is cut off again. */
    void write(SyscallContext ctx, ByteBuffer data);

    /** Fills what remains in the buffer with what was written from a position on. */
    void read(SyscallContext ctx, ByteBuffer target, long position);

    /**
     * Makes it what its path leads to, in one step.
     *
     * @param sync whether to wait until it is on the device
     */
    void publish(SyscallContext ctx, boolean sync);

    /** The file in which it waits, if it can be taken up again; to be closed. */
    Optional<WaitingFile> waiting();

    /** Gives up what was not published, and takes it back. Closing twice has no effect. */
    @Override
    void close();

    /** Lets go of it without taking anything back, so that it can be opened again under the name that it waits under. */
    void suspend();
}
