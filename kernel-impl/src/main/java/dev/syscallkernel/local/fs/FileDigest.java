package dev.syscallkernel.local.fs;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** Tells the contents of files apart where their identity does not. */
final class FileDigest {
    private static final Set<OpenOption> READ = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    /** What takes longer is left undone: then the identity, the size and the time of the last write count. */
    private static final long MAX_SIZE = 1 << 20;

    private FileDigest() {}

    /** The SHA-256 of a regular file; empty for one that is large, and for one that cannot be read. */
    static String of(DirectoryHandle directory, Name name, FileId file) throws IOException {
        if (file.kind() != 'f' || file.size() > MAX_SIZE) {
            return "";
        }
        Hasher hasher = Hashing.sha256().newHasher();
        try (FileChannel channel = directory.openFile(name, READ)) {
            ByteBuffer buffer = ByteBuffer.allocate((int) Math.max(1, file.size()));
            while (channel.read(buffer.clear()) >= 0) {
                hasher.putBytes(buffer.flip());
            }
        } catch (AccessDeniedException unreadable) {
            return "";
        }
        return hasher.hash().toString();
    }
}
