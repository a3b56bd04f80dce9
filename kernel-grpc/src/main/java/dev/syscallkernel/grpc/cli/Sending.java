package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Moves a source to a writer, one chunk in memory at a time, and shows how far it has come. */
final class Sending {
    private final LocalSource source;
    private final Progress progress;
    private final ByteBuffer chunk;

    Sending(LocalSource source, Progress progress, int chunkSize) {
        this.source = source;
        this.progress = progress;
        this.chunk = ByteBuffer.allocateDirect(chunkSize);
    }

    /**
     * Reads what need not be sent again, for its checksum.
     *
     * @throws CommandFailure if there is not so much
     */
    void skip(long bytes) {
        while (source.bytes() < bytes) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), bytes - source.bytes()));
            if (!source.read(chunk)) {
                throw new CommandFailure(source.name() + " has only " + source.bytes()
                        + " bytes, and more of the upload have arrived: it began with other data");
            }
            progress.advance(chunk.remaining());
        }
    }

    /** Sends the rest, each chunk with its checksum, and publishes it. */
    WriteSummary to(StreamingWriter writer) {
        while (source.read(chunk.clear())) {
            CRC32C crc = new CRC32C();
            crc.update(chunk.duplicate());
            int count = chunk.remaining();
            writer.write(chunk, (int) crc.getValue());
            progress.advance(count);
        }
        return writer.commit();
    }
}
