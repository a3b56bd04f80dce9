package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.call.SyscallContext;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/** Moves the bytes of open files. */
final class FileContent {
    /** Java reads into a direct buffer of the same size, which it then keeps: so the pieces are small. */
    private static final int PIECE = 64 << 10;

    private FileContent() {}

    /**
     * Reads to the end of the file.
     *
     * @param expected how many bytes it probably has; files like those of {@code /proc} say 0
     */
    static byte[] readAll(SyscallContext ctx, FileChannel channel, long expected) throws IOException {
        int limit = ctx.limits().maxInlineBytes();
        byte[] bytes = new byte[(int) Math.min(expected, limit)];
        int count = 0;
        ByteBuffer probe = ByteBuffer.allocate(1);
        while (true) {
            count = fill(ctx, channel, bytes, count);
            if (count < bytes.length || channel.read(probe.clear()) < 0) {
                return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
            }
            if (count >= limit) {
                throw tooLarge(ctx, "over " + limit);
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(limit, Math.max(4096, bytes.length * 2L)));
            bytes[count++] = probe.get(0);
        }
    }

    /** Fills the array from a position on, as far as the file goes. Answers how far it is filled. */
    private static int fill(SyscallContext ctx, FileChannel channel, byte[] bytes, int from) throws IOException {
        int position = from;
        while (position < bytes.length) {
            ctx.throwIfCancelled();
            int count = channel.read(ByteBuffer.wrap(bytes, position, Math.min(PIECE, bytes.length - position)));
            if (count < 0) {
                break;
            }
            position += count;
        }
        return position;
    }

    /**
     * Copies to the end of the file.
     *
     * @param before how many bytes the call has copied before
     * @param total how many it will have copied in the end, or {@link ProgressReporter#UNKNOWN}
     * @return how many bytes the file had
     */
    static long copy(SyscallContext ctx, FileChannel from, FileChannel to, long before, long total) throws IOException {
        long position = 0;
        ByteBuffer buffer = ByteBuffer.allocate(0);
        while (true) {
            ctx.throwIfCancelled();
            long moved = from.transferTo(position, SyscallContext.CANCELLATION_INTERVAL, to);
            if (moved == 0) {
                // The end; or a file that does not tell its size, which can only be read.
                buffer = buffer.capacity() > 0 ? buffer.clear() : ByteBuffer.allocate(PIECE);
                moved = from.read(buffer, position);
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
            if (moved < 0) {
                return position;
            }
            position += moved;
            ctx.progress().moved(before + position, total);
        }
    }

    /** Copies the beginning of a regular file, or all of it. */
    static void copyUpTo(SyscallContext ctx, FileChannel from, FileChannel to, long limit) throws IOException {
        long end = Math.min(limit, from.size());
        long position = 0;
        while (position < end) {
            ctx.throwIfCancelled();
            long moved = from.transferTo(position, Math.min(SyscallContext.CANCELLATION_INTERVAL, end - position), to);
            if (moved == 0) {
                return; // Somebody has made it shorter meanwhile.
            }
            position += moved;
            ctx.progress().moved(position, end);
        }
    }

    /** Fails if a plain read or write cannot carry this much. */
    static void requireInline(SyscallContext ctx, long bytes) {
        if (bytes > ctx.limits().maxInlineBytes()) {
            throw tooLarge(ctx, Long.toString(bytes));
        }
    }

    private static SyscallException tooLarge(SyscallContext ctx, String size) {
        return ctx.failure(
                ErrorCode.INVALID_ARGUMENT,
                "the file has " + size + " bytes, and one plain call carries at most "
                        + ctx.limits().maxInlineBytes() + " (the limit maxInlineBytes); use a stream instead");
    }
}
