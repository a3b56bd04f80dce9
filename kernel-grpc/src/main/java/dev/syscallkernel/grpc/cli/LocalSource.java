package dev.syscallkernel.grpc.cli;

import com.google.common.hash.Hashing;
import dev.syscallkernel.stream.ProgressListener;
import dev.syscallkernel.stream.StreamMeter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A file of this machine, or standard input, on its way to a kernel. Read by one thread; {@link #close()} by another one
 * ends a waiting read.
 */
final class LocalSource implements AutoCloseable {
    private static final Path STANDARD_INPUT = Path.of("-");

    private final String name;
    private final ReadableByteChannel channel;
    private final @Nullable BasicFileAttributes attributes; // null for what is no regular file
    private final StreamMeter meter = new StreamMeter(true, ProgressListener.NONE, OptionalLong.empty());

    private LocalSource(String name, ReadableByteChannel channel, @Nullable BasicFileAttributes attributes) {
        this.name = name;
        this.channel = channel;
        this.attributes = attributes;
    }

    static boolean isStandardInput(Path path) {
        return path.equals(STANDARD_INPUT);
    }

    /** @throws CommandFailure if it cannot be read */
    static LocalSource open(Path path, Terminal terminal) {
        if (isStandardInput(path)) {
            return new LocalSource("standard input", terminal.input(), null);
        }
        String name = Text.printable(path.toString());
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new CommandFailure(
                        "cannot read " + name + ": it is a directory, and one file is uploaded at a time");
            }
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new LocalSource(
                    path.toAbsolutePath().normalize().toString(),
                    channel,
                    attributes.isRegularFile() ? attributes : null);
        } catch (NoSuchFileException missing) {
            throw new CommandFailure("cannot read " + name + ": there is no such file", missing);
        } catch (IOException problem) {
            throw new CommandFailure("cannot read " + name + ": " + problem, problem);
        }
    }

    String name() {
        return Text.printable(name);
    }

    /** How large it is; null if that is not known before its end. */
    @Nullable
    ByteSize size() {
        return attributes == null ? null : new ByteSize(attributes.size());
    }

    /** The same for the same file, unchanged, on its way to the same place; and only for that. */
    String identity(String target) {
        String file = attributes == null ? "" : attributes.size() + "\0" + attributes.lastModifiedTime();
        return Hashing.sha256()
                .hashString(name + "\0" + file + "\0" + target, StandardCharsets.UTF_8)
                .toString()
                .substring(0, 16);
    }

    /**
     * Fills what remains in the buffer, as far as there is data, and flips it.
     *
     * @return false at the end
     * @throws CommandFailure if it cannot be read
     */
    boolean read(ByteBuffer chunk) {
        try {
            int start = chunk.position();
            while (chunk.hasRemaining() && channel.read(chunk) >= 0) {
                // until it is full
            }
            chunk.limit(chunk.position()).position(start);
            meter.moved(chunk);
            return chunk.hasRemaining();
        } catch (IOException problem) {
            throw new CommandFailure("cannot read " + name() + ": " + problem, problem);
        }
    }

    /** How many bytes have been read. */
    long bytes() {
        return meter.bytes();
    }

    /** The checksum of what has been read. */
    int crc32c() {
        return meter.crc32c();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException problem) {
            System.getLogger(LocalSource.class.getName())
                    .log(System.Logger.Level.DEBUG, name() + " could not be closed", problem);
        }
    }
}
