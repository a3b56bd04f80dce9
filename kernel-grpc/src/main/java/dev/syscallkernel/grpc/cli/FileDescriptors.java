package dev.syscallkernel.grpc.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the open file descriptors of this JVM lead to, which Java does not tell. Known on Linux; elsewhere all is no. */
final class FileDescriptors {
    static final int OUT = 1;
    static final int ERR = 2;

    private FileDescriptors() {}

    static boolean isTerminal(int descriptor) {
        String target = target(descriptor);
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
    }

    static boolean isPipe(int descriptor) {
        String target = target(descriptor);
        return target.startsWith("pipe:") || target.startsWith("socket:");
    }

    /** Empty where the operating system does not tell. */
    private static String target(int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
        } catch (IOException | UnsupportedOperationException unknown) {
            return "";
        }
    }
}
