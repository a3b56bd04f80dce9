package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.stream.StreamingReader;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/**
 * How a file came through a kernel.
 *
 * @param way by which it came
 * @param bytes how many of them
 * @param time from before the file was opened to after its last byte, the digest included
 * @param digesting how much of the time the digest took
 * @param peakHeap the most that the heap held, garbage included
 * @param peakDirect the most that there was in buffers outside the heap, as far as it was looked at
 * @param digest SHA-256 of what came
 */
record DemoReading(
        String way, long bytes, Duration time, Duration digesting, long peakHeap, long peakDirect, String digest) {

    /** Reads a file to its end. */
    static DemoReading of(String way, KernelProcess process, String path, Progress progress, MemoryWatch memory) {
        MessageDigest digest = sha256();
        long digestNanos = 0;
        memory.reset();
        long start = System.nanoTime();
        long bytes;
        try (StreamingReader reader = process.read(path)) {
            while (reader.next()) {
                ByteBuffer chunk = reader.chunk();
                int size = chunk.remaining();
                long before = System.nanoTime();
                digest.update(chunk);
                digestNanos += System.nanoTime() - before;
                memory.look();
                progress.advance(size);
            }
            bytes = reader.bytesRead();
        }
        Duration time = Duration.ofNanos(System.nanoTime() - start);
        return new DemoReading(
                way,
                bytes,
                time,
                Duration.ofNanos(digestNanos),
                memory.peakHeap(),
                memory.peakDirect(),
                HexFormat.of().formatHex(digest.digest()));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) { // every Java has it
            throw new IllegalStateException(impossible);
        }
    }

    double bytesPerSecond() {
        return bytes / (Math.max(1, time.toNanos()) / 1e9);
    }
}
