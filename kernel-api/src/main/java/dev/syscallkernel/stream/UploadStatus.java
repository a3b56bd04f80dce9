package dev.syscallkernel.stream;

import java.time.Instant;

/**
 * How far a resumable upload has got.
 *
 * @param path the virtual path that it will be published at
 * @param committedBytes how many bytes the kernel has; where the upload goes on
 * @param expiresAt when the kernel drops it, unless it goes on before
 */
public record UploadStatus(String path, long committedBytes, Instant expiresAt) {}
