package dev.syscallkernel.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** A temporary directory with one file of random bytes in it. */
final class TestFile implements AutoCloseable {
    static final String NAME = "file.bin";

    private final Path directory;

    private TestFile(Path directory) {
        this.directory = directory;
    }

    static TestFile create(long size) throws IOException {
        TestFile file = new TestFile(Files.createTempDirectory("kernel-bench-"));
        byte[] block = new byte[1 << 20];
        new Random(1).nextBytes(block);
        try (FileChannel channel =
                FileChannel.open(file.path(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long left = size;
            while (left > 0) {
                left -= channel.write(ByteBuffer.wrap(block, 0, (int) Math.min(block.length, left)));
            }
        }
        return file;
    }

    Path directory() {
        return directory;
    }

    Path path() {
        return directory.resolve(NAME);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path());
        Files.deleteIfExists(directory);
    }
}
