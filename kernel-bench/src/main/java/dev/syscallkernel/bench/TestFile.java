package dev.syscallkernel.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** A temporary directory with one file of random bytes in it, and room for another one that is written. */
final class TestFile implements AutoCloseable {
    static final String NAME = "file.bin";
    static final String WRITTEN = "written.bin";

    private final Path directory;

    private TestFile(Path directory) {
        this.directory = directory;
    }

    static TestFile create(long size) throws IOException {
        TestFile file = new TestFile(Workplace.create());
        ByteBuffer block = randomBytes(1 << 20);
        try (FileChannel channel =
                FileChannel.open(file.path(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long left = size;
            while (left > 0) {
                block.clear().limit((int) Math.min(block.capacity(), left));
                left -= channel.write(block);
            }
        }
        return file;
    }

    /** The same bytes each time, outside the heap. */
    static ByteBuffer randomBytes(int size) {
        byte[] bytes = new byte[size];
        new Random(1).nextBytes(bytes);
        return ByteBuffer.allocateDirect(size).put(bytes).flip();
    }

    Path directory() {
        return directory;
    }

    Path path() {
        return directory.resolve(NAME);
    }

    @Override
    public void close() throws IOException {
        Workplace.delete(directory);
    }
}
