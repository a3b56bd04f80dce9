package dev.syscallkernel.local.fs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * A path by which the host finds an open directory, whatever becomes of the directory's own name. Java can make
 * directories and links, and read links, by path only.
 *
 * <p>On Linux that is the directory's descriptor in {@code /proc/self/fd}. Java does not tell the number of a
 * descriptor, but it can set the position of one that it has opened, and {@code /proc/self/fdinfo} shows the positions
 * of all: the descriptor on which two positions chosen at random show up, one after the other, is the one.
 *
 * @param path leads to the directory until this is closed
 * @param descriptor keeps the path valid
 */
record StablePath(Path path, Closeable descriptor) implements Closeable {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path POSITIONS = Path.of("/proc/self/fdinfo");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The largest position that a directory takes on every file system. */
    private static final int MAX_POSITION = Integer.MAX_VALUE;

    /**
     * The path of an open directory, or null if the host has none. Looks at every descriptor of the JVM.
     *
     * @param directory a channel on the directory; owned by the answer if there is one
     * @param key the file key of the directory
     */
    static @Nullable StablePath of(FileChannel directory, Object key) throws IOException {
        if (!Files.isDirectory(POSITIONS)) {
            return null;
        }
        String mark = mark(directory);
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                if (isOf(descriptor, key) && hasMark(descriptor, mark) && hasMark(descriptor, mark(directory))) {
                    return new StablePath(descriptor, directory);
                }
            }
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        }
        return null;
    }

    private static String mark(FileChannel directory) throws IOException {
        int position = 1 + RANDOM.nextInt(MAX_POSITION - 1);
        directory.position(position);
        return "pos:\t" + position + "\n";
    }

    private static boolean isOf(Path descriptor, Object key) {
        try {
            return key.equals(
                    Files.readAttributes(descriptor, BasicFileAttributes.class).fileKey());
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    private static boolean hasMark(Path descriptor, String mark) {
        try {
            return Files.readString(POSITIONS.resolve(descriptor.getFileName())).startsWith(mark);
        } catch (IOException closedMeanwhile) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        descriptor.close();
    }
}
