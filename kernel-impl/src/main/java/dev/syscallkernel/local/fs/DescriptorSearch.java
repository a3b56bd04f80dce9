package dev.syscallkernel.local.fs;

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
 * Finds the path that Linux gives to an open file or directory, in {@code /proc/self/fd}: whatever becomes of its name,
 * that path leads to it.
 *
 * <p>Java does not tell the number of a descriptor, but it can set the position of a channel, and
 * {@code /proc/self/fdinfo} shows the positions of all descriptors. The one on which two positions chosen at random
 * show up, one after the other, is the channel's.
 */
final class DescriptorSearch {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path POSITIONS = Path.of("/proc/self/fdinfo");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The largest position that a directory takes on every file system. */
    private static final int MAX_POSITION = Integer.MAX_VALUE;

    /** What was found last; a hint, since the next descriptor often gets the same number: the lowest that is free. */
    private static volatile @Nullable Path latest;

    private DescriptorSearch() {}

    /**
     * Looks at every descriptor of the JVM, if need be. Leaves the channel at some position.
     *
     * @param key the file key of what the channel stands for
     * @return the path, valid until the channel is closed; null if the host has none
     */
    static @Nullable Path pathOf(FileChannel channel, Object key) throws IOException {
        if (!Files.isDirectory(POSITIONS)) {
            return null;
        }
        Path hint = latest;
        if (hint != null && isOf(hint, channel, key)) {
            return hint;
        }
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(DESCRIPTORS)) {
            for (Path descriptor : descriptors) {
                if (isOf(descriptor, channel, key)) {
                    latest = descriptor;
                    return descriptor;
                }
            }
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        }
        return null;
    }

    private static boolean isOf(Path descriptor, FileChannel channel, Object key) throws IOException {
        return hasKey(descriptor, key)
                && hasMark(descriptor, mark(channel))
                && hasMark(descriptor, mark(channel)); // the first one may have been there by chance
    }

    private static String mark(FileChannel channel) throws IOException {
        int position = 1 + RANDOM.nextInt(MAX_POSITION - 1);
        channel.position(position);
        return "pos:\t" + position + "\n";
    }

    private static boolean hasKey(Path descriptor, Object key) {
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
}
