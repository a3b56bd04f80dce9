package dev.syscallkernel.local.fs;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/** The names inside mounts that are the kernel's own: never listed, and no process can use them. */
final class HiddenNames {
    private static final String PREFIX = ".sk-";
    private static final String TEMPORARY = PREFIX + "tmp-";
    private static final String UPLOAD = PREFIX + "upload-";
    private static final String TRANSACTION = PREFIX + "txn-";

    /** Keeps the temporary names of two kernels on the same directory apart. */
    private static final String RUN = Long.toUnsignedString(new SecureRandom().nextLong(), 36);

    private static final AtomicLong COUNTER = new AtomicLong();

    private HiddenNames() {}

    static boolean isHidden(String name) {
        return name.startsWith(PREFIX);
    }

    /** Whether this may be the rest of unfinished work. */
    static boolean isTemporary(String name) {
        return name.startsWith(TEMPORARY);
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

    /** The name under which an upload waits to be taken up again: another one for each file it might become. */
    static Name upload(FileSystem system, String key, Name target) {
        String hash = Hashing.sha256()
                .hashString(key + "/" + target.path(), StandardCharsets.UTF_8)
                .toString();
        return Name.internal(system, UPLOAD + hash.substring(0, 40));
    }
}
