package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One record of the journal. On disk: the length of all that follows, the type, the transaction's name, the sequence
 * number, the payload, and the CRC32C of all that precedes it.
 *
 * @param transaction the name of the transaction, which its stages bear too
 * @param sequence one more than that of the record before it
 */
record JournalEntry(Type type, String transaction, long sequence, ByteBuffer payload) {

    /** What a record says of its transaction. */
    enum Type {
        /** It has a stage in a mount; the payload is where that is on the host. */
        STAGE('S'),
        /** It is going to change what the payload, a {@link Plan}, says. */
        PREPARED('P'),
        /** Its changes are complete, and count. */
        COMMIT('C'),
        /** Its changes have been undone. */
        ABORT('A'),
        /** Its changes have been undone but for some steps; the payload is which, as a set of bits. */
        RESOLVED('R');

        private final char code;

        Type(char code) {
            this.code = code;
        }

        private static @Nullable Type of(byte code) {
            return Arrays.stream(values())
                    .filter(type -> type.code == code)
                    .findFirst()
                    .orElse(null);
        }
    }

    private static final int CHECKSUM_BYTES = Integer.BYTES;
    private static final int FIXED_BYTES = 1 + 2 + Long.BYTES + CHECKSUM_BYTES;

    ByteBuffer encode() {
        byte[] name = transaction.getBytes(UTF_8);
        ByteBuffer out = ByteBuffer.allocate(Integer.BYTES + FIXED_BYTES + name.length + payload.remaining());
        out.putInt(out.capacity() - Integer.BYTES);
        out.put((byte) type.code);
        out.putShort((short) name.length).put(name);
        out.putLong(sequence);
        out.put(payload.duplicate());
        out.putInt(checksum(out.array(), 0, out.position()));
        return out.flip();
    }

    /** How many bytes it takes in the journal. */
    int size() {
        return Integer.BYTES + FIXED_BYTES + transaction.getBytes(UTF_8).length + payload.remaining();
    }

    /** The same in another place of the journal. */
    JournalEntry withSequence(long number) {
        return new JournalEntry(type, transaction, number, payload);
    }

    /**
     * Reads a record.
     *
     * @param left how many bytes there are
     * @return null if what follows is not a whole record: it was cut off while it was written
     */
    static @Nullable JournalEntry read(DataInputStream in, long left) throws IOException {
        if (left < Integer.BYTES + FIXED_BYTES) {
            return null;
        }
        int length = in.readInt();
        if (length < FIXED_BYTES || length > left - Integer.BYTES) {
            return null;
        }
        byte[] record = new byte[Integer.BYTES + length];
        ByteBuffer buffer = ByteBuffer.wrap(record).putInt(length);
        in.readFully(record, Integer.BYTES, length);
        int end = record.length - CHECKSUM_BYTES;
        if (buffer.getInt(end) != checksum(record, 0, end)) {
            return null;
        }
        Type type = Type.of(buffer.get());
        if (type == null) {
            return null;
        }
        byte[] name = new byte[buffer.getShort()];
        buffer.get(name);
        long sequence = buffer.getLong();
        ByteBuffer payload =
                buffer.slice(buffer.position(), end - buffer.position()).asReadOnlyBuffer();
        return new JournalEntry(type, new String(name, UTF_8), sequence, payload);
    }

    private static int checksum(byte[] bytes, int from, int count) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }
}
