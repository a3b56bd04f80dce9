package dev.syscallkernel.local.fs;

import java.nio.file.FileSystem;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/** The names inside mounts that are the kernel's own: never listed, and no process can use them. */
final class HiddenNames {
    private static final String PREFIX = ".sk-";
    private static final String TEMPORARY = PREFIX + "tmp-";
    private static final String UPLOAD = PREFIX + "upload-";
    private static final String TRANSACTION = PREFIX + "txn-";

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Keeps the temporary names of two kernels on the same directory apart. */
    private static final String RUN = Long.toUnsignedString(RANDOM.nextLong(), 36);

    private static final Duration STALE = Duration.ofDays(1);
    private static final Duration STALE_UPLOAD = Duration.ofDays(7);

    private static final AtomicLong COUNTER = new AtomicLong();

    private HiddenNames() {}

    static boolean isHidden(String name) {
        return name.startsWith(PREFIX);
    }

    /** Whether this may be the rest of unfinished work. */
    static boolean isTemporary(String name) {
        return name.startsWith(TEMPORARY);
    }

    /**
     * Whether this is what a kernel that crashed has left: old, and not this kernel's. Uploads can be taken up again for
     * a day, and are swept by the kernel that knows of them; so they are left alone for longer.
     */
    static boolean isLeftover(String name, BasicFileAttributes attributes) {
        boolean temporary = isTemporary(name) && !name.startsWith(TEMPORARY + RUN);
        if (!temporary && !isUpload(name)) {
            return false;
        }
        Duration age = temporary ? STALE : STALE_UPLOAD;
        return attributes.lastModifiedTime().toInstant().isBefore(Instant.now().minus(age));
    }

    /** A name that nobody has used before. */
    static Name fresh(FileSystem system) {
        return Name.internal(system, TEMPORARY + RUN + "-" + COUNTER.incrementAndGet());
    }

    /** A word that no other transaction of any kernel has as its name. */
    static String freshTransaction() {
        return RUN + "-" + COUNTER.incrementAndGet();
    }

    /** The name of the directory in which a transaction prepares its changes of a mount. */
    static Name stage(FileSystem system, String transaction) {
        return Name.internal(system, TRANSACTION + transaction);
    }

    /** A name under which an upload waits to be taken up again, and which nobody can guess. */
    static Name freshUpload(FileSystem system) {
        byte[] bytes = new byte[20];
        RANDOM.nextBytes(bytes);
        return Name.internal(system, UPLOAD + HexFormat.of().formatHex(bytes));
    }

    /** Whether an upload may wait under this name. */
    static boolean isUpload(String name) {
        return name.startsWith(UPLOAD) && name.indexOf('/') < 0;
    }
}
