package dev.syscallkernel.local.fs;

import java.nio.file.FileSystem;
import org.jspecify.annotations.Nullable;

/**
 * The hidden file that a stream writes to.
 *
 * @param upload whether it can be taken up again
 * @param known its name, if it is there already; null for one that is to be made
 * @param target the name that a file which is there already was made for
 */
record Staging(boolean upload, @Nullable String known, String target) {
    static final Staging ONCE = new Staging(false, null, "");
    static final Staging NEW_UPLOAD = new Staging(true, null, "");

    static Staging of(WaitingFile file) {
        return new Staging(true, file.name(), file.target());
    }

    Name name(FileSystem system) {
        if (known != null) {
            return Name.internal(system, known);
        }
        return upload ? HiddenNames.freshUpload(system) : HiddenNames.fresh(system);
    }
}
