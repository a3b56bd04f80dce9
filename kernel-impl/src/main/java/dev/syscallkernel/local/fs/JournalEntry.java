package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
        ABORT('A');

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

    /**
     * What the beginning of a journal says.
     *
     * @param entries the records that are whole
     * @param size how many bytes they take; what follows was cut off while it was written
     */
    record Whole(List<JournalEntry> entries, int size) {}

    static Whole decode(byte[] journal) {
        List<JournalEntry> entries = new ArrayList<>();
        int at = 0;
        while (true) {
            JournalEntry entry = decode(journal, at);
            if (entry == null
                    || (!entries.isEmpty() && entry.sequence != entries.get(entries.size() - 1).sequence + 1)) {
                return new Whole(entries, at);
            }
            entries.add(entry);
            at += Integer.BYTES + ByteBuffer.wrap(journal).getInt(at);
        }
    }

    private static @Nullable JournalEntry decode(byte[] journal, int at) {
        if (journal.length - at < Integer.BYTES + FIXED_BYTES) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(journal, at, journal.length - at);
        int length = in.getInt();
        if (length < FIXED_BYTES || length > in.remaining()) {
            return null;
        }
        int end = at + Integer.BYTES + length - CHECKSUM_BYTES;
        if (in.getInt(end) != checksum(journal, at, end - at)) {
            return null;
        }
        Type type = Type.of(in.get());
        if (type == null) {
            return null;
        }
        byte[] name = new byte[in.getShort()];
        in.get(name);
        long sequence = in.getLong();
        ByteBuffer payload = in.slice(in.position(), end - in.position()).asReadOnlyBuffer();
        return new JournalEntry(type, new String(name, UTF_8), sequence, payload);
    }

    private static int checksum(byte[] bytes, int from, int count) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }
}
