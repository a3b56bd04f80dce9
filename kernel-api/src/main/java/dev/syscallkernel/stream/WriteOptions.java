package dev.syscallkernel.stream;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to write a stream. Immutable.
 *
 * @param mode what the stream becomes
 * @param upload the id of a resumable upload, null for a stream that ends with its writer
 * @param offset for a resumable upload, how many of its bytes the kernel already has
 * @param sync whether a commit waits until the bytes are on the device
 * @param progress hears how far the stream has got
 */
public record WriteOptions(
        WriteMode mode, @Nullable String upload, long offset, boolean sync, ProgressListener progress) {

    /** The longest upload id, in characters. */
    public static final int MAX_UPLOAD_ID_LENGTH = 128;

    /** Replaces the file, without waiting for the device; not resumable. */
    public static final WriteOptions DEFAULT =
            new WriteOptions(WriteMode.REPLACE, null, 0, false, ProgressListener.NONE);

    public WriteOptions {
        requireNonNull(mode, "mode");
        requireNonNull(progress, "progress");
        if (offset < 0) {
            throw new IllegalArgumentException("offset must not be negative: " + offset);
        }
        if (upload != null && (upload.isEmpty() || upload.length() > MAX_UPLOAD_ID_LENGTH)) {
            throw new IllegalArgumentException(
                    "an upload id has 1 to " + MAX_UPLOAD_ID_LENGTH + " characters, not " + upload.length());
        }
        if (upload == null && offset > 0) {
            throw new IllegalArgumentException("only an upload with an id can go on at an offset");
        }
        if (upload != null && mode == WriteMode.APPEND) {
            throw new IllegalArgumentException("an upload cannot append; it replaces a file or creates one");
        }
    }

    /** The id of the upload, if it is resumable. */
    public Optional<String> uploadId() {
        return Optional.ofNullable(upload);
    }

    public WriteOptions withMode(WriteMode value) {
        return new WriteOptions(value, upload, offset, sync, progress);
    }

    /** Makes it a resumable upload, of which the kernel has so many bytes already; 0 for a new one. */
    public WriteOptions withUpload(String id, long committedBytes) {
        return new WriteOptions(mode, requireNonNull(id, "id"), committedBytes, sync, progress);
    }

    public WriteOptions withSync() {
        return new WriteOptions(mode, upload, offset, true, progress);
    }

    public WriteOptions withProgress(ProgressListener listener) {
        return new WriteOptions(mode, upload, offset, sync, listener);
    }
}
