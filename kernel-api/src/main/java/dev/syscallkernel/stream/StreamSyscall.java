package dev.syscallkernel.stream;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Syscall;
import org.jspecify.annotations.Nullable;

/** The syscalls that open streams. */
public sealed interface StreamSyscall<R extends @Nullable Object> extends Syscall<R> {

    /** Opens a regular file for reading in chunks. The caller closes the reader. */
    record OpenReader(String path, ReadOptions options) implements StreamSyscall<StreamingReader> {
        public OpenReader {
            requireNonNull(path, "path");
            requireNonNull(options, "options");
        }

        @Override
        public String name() {
            return "stream_read";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** Opens a file for writing in chunks. The caller closes the writer. */
    record OpenWriter(String path, WriteOptions options) implements StreamSyscall<StreamingWriter> {
        public OpenWriter {
            requireNonNull(path, "path");
            requireNonNull(options, "options");
        }

        @Override
        public String name() {
            return "stream_write";
        }

        @Override
        public String subject() {
            return path;
        }
    }

    /** How far a resumable upload of this process has got; NOT_FOUND if there is none with this id. */
    record GetUploadStatus(String uploadId) implements StreamSyscall<UploadStatus> {
        public GetUploadStatus {
            requireNonNull(uploadId, "uploadId");
        }

        @Override
        public String name() {
            return "get_upload_status";
        }

        @Override
        public String subject() {
            return uploadId;
        }
    }
}
