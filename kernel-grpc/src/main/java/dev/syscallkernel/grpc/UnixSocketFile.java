package dev.syscallkernel.grpc;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix domain socket. It is bound under a temporary name and gets its own one when it is complete: so
 * nobody connects to it before it is closed to others, and Netty, which deletes what it has bound without looking, cannot
 * delete the file of a server that came later.
 *
 * <p>A socket's file outlives a server that was killed. One that is there is taken for such a leftover if nobody answers.
 */
final class UnixSocketFile {
    private final Path path;
    private final Path temporary;
    private @Nullable Object key; // of the file that was bound here

    UnixSocketFile(Path path) {
        this.path = path;
        int random = ThreadLocalRandom.current().nextInt(1 << 20);
        this.temporary = path.resolveSibling("." + path.getFileName() + "-" + Integer.toHexString(random));
    }

    /** The name to bind. */
    Path temporary() {
        return temporary;
    }

    /**
     * Makes sure that the name can be taken.
     *
     * @throws IOException if a server listens there already, or something is there that is no socket
     */
    void requireFree() throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!attributes(path).isOther()) {
            throw new IOException("cannot listen on unix:" + path + ": there is a file that is no socket");
        }
        if (answers()) {
            throw new IOException("cannot listen on unix:" + path
                    + ": another server listens there; stop it, or choose another path");
        }
    }

    private boolean answers() {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return probe.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** The socket was bound: closes it to other users of the machine, and gives it its name. */
    void publish() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
        key = attributes(temporary).fileKey();
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Removes the file, unless it has become somebody else's. To be called before the socket is closed: only until then
     * no other file can have the same key.
     */
    void remove() throws IOException {
        if (key != null
                && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && key.equals(attributes(path).fileKey())) {
            Files.deleteIfExists(path);
        }
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
