package dev.syscallkernel.grpc.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the standard file descriptors of this JVM lead to, which Java does not tell. Known on Linux only. */
final class FileDescriptors {
    private FileDescriptors() {}

    /** What a descriptor can lead to. */
    enum Kind {
        TERMINAL,
        /** A pipe or a socket. */
        PIPE,
        /** A file, for instance, or something that cannot be found out. */
        OTHER
    }

    static Kind ofOutput() {
        return of("1");
    }

    static Kind ofErrors() {
        return of("2");
    }

    private static Kind of(String descriptor) {
        String target;
        try {
            target =
                    Files.readSymbolicLink(Path.of("/proc/self/fd", descriptor)).toString();
        } catch (IOException | UnsupportedOperationException unknown) {
            return Kind.OTHER;
        }
        if (target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console")) {
            return Kind.TERMINAL;
        }
        return target.startsWith("pipe:") || target.startsWith("socket:") ? Kind.PIPE : Kind.OTHER;
    }
}
