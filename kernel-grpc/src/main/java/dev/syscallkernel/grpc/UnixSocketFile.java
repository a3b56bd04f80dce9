package dev.syscallkernel.grpc;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix domain socket, from before it is bound until it is removed. A socket's file outlives its server, so
 * one that is there may be a leftover: whether anybody answers tells.
 */
final class UnixSocketFile {
    private final Path path;
    private @Nullable Object key; // of the file that was bound here

    private UnixSocketFile(Path path) {
        this.path = path;
    }

    /**
     * Makes room for a socket.
     *
     * @throws IOException if a server listens there already, or something is there that is no socket
     */
    static UnixSocketFile claim(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!attributes(path).isOther()) {
                throw new IOException("cannot listen on unix:" + path + ": there is a file that is no socket");
            }
            if (answers(path)) {
                throw new IOException("cannot listen on unix:" + path
                        + ": another server listens there; stop it, or choose another path");
            }
            Files.deleteIfExists(path);
        }
        return new UnixSocketFile(path);
    }

    private static boolean answers(Path path) {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return probe.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** The socket was bound: keeps other users of the machine away from it. */
    void bound() throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        key = attributes(path).fileKey();
    }

    /** Removes the file, unless it has become somebody else's. */
    void remove() throws IOException {
        if (key != null
                && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && key.equals(attributes(path).fileKey())) {
            Files.deleteIfExists(path);
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
