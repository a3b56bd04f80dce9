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
}
