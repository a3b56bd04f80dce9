package dev.syscallkernel.stream;

import static java.util.Objects.requireNonNull;

import java.util.OptionalLong;

/**
 * What part of a file to read, and in which pieces. Immutable.
 *
 * @param chunkSize bytes per chunk, 1 KiB to 4 MiB; only the last chunk is smaller
 * @param offset where to start, in bytes; at or beyond the end there is nothing to read
 * @param length how many bytes to read at most; empty for all to the end
 * @param checksum whether to compute the CRC32C of what is delivered; a remote reader then also compares it with that
 *     of what the kernel sent
 * @param progress hears how far the stream has got
 */
public record ReadOptions(
        int chunkSize, long offset, OptionalLong length, boolean checksum, ProgressListener progress) {
    public static final int MIN_CHUNK_SIZE = 1 << 10;
    public static final int MAX_CHUNK_SIZE = 4 << 20;

    /** 64 KiB. */
    public static final int DEFAULT_CHUNK_SIZE = 64 << 10;

    /** The whole file in chunks of 64 KiB. */
    public static final ReadOptions DEFAULT =
            new ReadOptions(DEFAULT_CHUNK_SIZE, 0, OptionalLong.empty(), false, ProgressListener.NONE);

    public ReadOptions {
        if (chunkSize < MIN_CHUNK_SIZE || chunkSize > MAX_CHUNK_SIZE) {
            throw new IllegalArgumentException("a chunk has 1024 to 4194304 bytes, not "
                    + Integer.toUnsignedString(chunkSize) + "; the default is 65536");
        }
        if (offset < 0) {
            throw new IllegalArgumentException("offset must not be negative: " + offset);
        }
        if (length.isPresent() && length.getAsLong() < 0) {
            throw new IllegalArgumentException("length must not be negative: " + length.getAsLong());
        }
    }

    public ReadOptions withChunkSize(int bytes) {
        return new ReadOptions(bytes, offset, length, checksum, progress);
    }

    public ReadOptions withOffset(long bytes) {
        return new ReadOptions(chunkSize, bytes, length, checksum, progress);
    }

    public ReadOptions withLength(long bytes) {
        return new ReadOptions(chunkSize, offset, OptionalLong.of(bytes), checksum, progress);
    }

    public ReadOptions withChecksum() {
        return new ReadOptions(chunkSize, offset, length, true, progress);
    }

    public ReadOptions withProgress(ProgressListener listener) {
        return new ReadOptions(chunkSize, offset, length, checksum, requireNonNull(listener, "listener"));
    }
}
