package dev.syscallkernel.stream;

/**
 * What a commit published.
 *
 * @param totalBytes the bytes of the stream; of a resumed upload, those sent before among them
 * @param crc32c their CRC32C
 */
public record WriteSummary(long totalBytes, int crc32c) {}
