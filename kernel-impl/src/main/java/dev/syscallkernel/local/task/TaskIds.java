package dev.syscallkernel.local.task;

import dev.syscallkernel.task.TaskId;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.UUID;

/** Makes random ids. Randomness is fetched for many of them at a time, which is much cheaper. Thread-safe. */
final class TaskIds {
    private static final int AT_A_TIME = 256;

    private final Random random;
    private final ByteBuffer bytes =
            ByteBuffer.allocate(AT_A_TIME * 2 * Long.BYTES).limit(0); // guarded by this

    TaskIds(Random random) {
        this.random = random;
    }

    TaskId next() {
        long high;
        long low;
        synchronized (this) {
            if (!bytes.hasRemaining()) {
                random.nextBytes(bytes.array());
                bytes.clear();
            }
            high = bytes.getLong();
            low = bytes.getLong();
        }
        // Version 4, variant 1, as RFC 9562 has it.
        return new TaskId(new UUID((high & ~0xF000L) | 0x4000L, (low & ~(3L << 62)) | (1L << 63)));
    }
}
