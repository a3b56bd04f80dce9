package dev.syscallkernel.grpc.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** A file of pseudo-random bytes in a temporary directory, which is deleted with this unless it is kept. */
final class DemoFile implements AutoCloseable {
    private static final String NAME = "data.bin";
    private static final int BLOCK = 1 << 20;
    private static final long RESERVE = 64L << 20;
    private static final long SEED = 0x5ca11;

    private final Path directory;
    private final ByteSize size;
    private boolean kept;

    private DemoFile(Path directory, ByteSize size) {
        this.directory = directory;
        this.size = size;
    }

    /**
     * Makes the directory of a file that is still to be written.
     *
     * @throws CommandFailure if there is no room for it
     */
    static DemoFile in(Path parent, ByteSize size) {
        try {
            FileStore store = Files.getFileStore(parent);
            long free = store.getUsableSpace();
            if (free - RESERVE < size.bytes()) {
                throw new CommandFailure("a file of " + size + " does not fit into " + parent + ", where "
                        + new ByteSize(free) + " are free and " + new ByteSize(RESERVE)
                        + " stay reserved; choose another directory with --dir, or a smaller --size");
            }
            return new DemoFile(Files.createTempDirectory(parent, "syscallkernel-demo-"), size);
        } catch (IOException problem) {
            throw new CommandFailure(
                    "cannot write into " + parent + " (" + problem + "); choose another directory with --dir", problem);
        }
    }

    Path directory() {
        return directory;
    }

    String name() {
        return NAME;
    }

    /**
     * Writes the file.
     *
     * @param progress is closed at the end
     * @return the digest of what was written
     */
    String write(Progress progress) {
        MessageDigest digest = DemoReading.sha256();
        SplittableRandom random = new SplittableRandom(SEED);
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        try (progress;
                FileChannel file = FileChannel.open(
                        directory.resolve(NAME), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = size.bytes(); left > 0; left -= block.limit()) {
                fill(block, random).limit((int) Math.min(left, BLOCK));
                digest.update(block.array(), 0, block.limit());
                while (block.hasRemaining()) {
                    file.write(block);
                }
                progress.advance(block.limit());
            }
        } catch (IOException problem) {
            throw new CommandFailure("cannot write the test file in " + directory + ": " + problem, problem);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static ByteBuffer fill(ByteBuffer block, SplittableRandom random) {
        block.clear();
        while (block.hasRemaining()) {
            block.putLong(random.nextLong());
        }
        return block.flip();
    }

    /** Leaves the file where it is, and says where. */
    Path keep() {
        kept = true;
        return directory.resolve(NAME);
    }

    @Override
    public void close() {
        if (kept) {
            return;
        }
        try {
            Files.deleteIfExists(directory.resolve(NAME));
            Files.deleteIfExists(directory);
        } catch (IOException problem) {
            System.getLogger(DemoFile.class.getName())
                    .log(Level.WARNING, "The temporary directory " + directory + " could not be deleted", problem);
        }
    }
}
