package dev.syscallkernel.stream;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.process.ProgramOutput;
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

    /**
     * Opens what a child of this process, or a child of one, writes. What nobody has read waits in the program, which
     * stops writing when its pipe is full; of what has been read, the last MiB is kept and can be read again, for ten
     * minutes after the end of the program. The offset of the options counts from the beginning of all output; one that
     * is no longer kept is DATA_LOSS, with a message that names the first that is.
     */
    record OpenProcessOutput(Pid target, ProgramOutput output, ReadOptions options)
            implements StreamSyscall<StreamingReader> {
        public OpenProcessOutput {
            requireNonNull(target, "target");
            requireNonNull(output, "output");
            requireNonNull(options, "options");
        }

        @Override
        public String name() {
            return "process_output";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /**
     * Opens the standard input of a child of this process, or of a child of one, which its command has to have asked for.
     * A commit ends the input; a writer that is closed without one leaves it open for the next. CONFLICT while there is
     * another writer.
     */
    record OpenProcessInput(Pid target) implements StreamSyscall<StreamingWriter> {
        public OpenProcessInput {
            requireNonNull(target, "target");
        }

        @Override
        public String name() {
            return "process_input";
        }

        @Override
        public String subject() {
            return target.toString();
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
