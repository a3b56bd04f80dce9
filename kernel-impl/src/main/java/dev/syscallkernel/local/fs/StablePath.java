package dev.syscallkernel.local.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A path by which the host finds an open directory, whatever becomes of the directory's own name. Java can make
 * directories and links, and read links, by path only.
 *
 * @param path leads to the directory until this is closed
 * @param descriptor keeps the path valid
 */
record StablePath(Path path, Closeable descriptor) implements Closeable {
    @Override
    public void close() throws IOException {
        descriptor.close();
    }
}
