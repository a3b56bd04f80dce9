package dev.syscallkernel.stream;

import java.util.OptionalLong;

/**
 * How far a stream has got.
 *
 * @param bytes how many bytes have been moved
 * @param totalBytes how many there will be in all, where that is known
 * @param bytesPerSecond the rate since the stream began
 */
public record Progress(long bytes, OptionalLong totalBytes, double bytesPerSecond) {}
