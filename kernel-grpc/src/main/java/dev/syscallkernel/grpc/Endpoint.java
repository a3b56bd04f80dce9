package dev.syscallkernel.grpc;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;

/** Where a server listens: {@code 127.0.0.1:50051}, {@code [::1]:50051} or {@code unix:/run/kernel.sock}. */
sealed interface Endpoint {

    /** For the sockets of the JDK and of Netty. */
    SocketAddress socketAddress();

    /** A TCP port. */
    record Tcp(InetSocketAddress socketAddress) implements Endpoint {
        @Override
        public String toString() {
            InetAddress address = socketAddress.getAddress();
            String host = address == null ? socketAddress.getHostString() : address.getHostAddress();
            boolean numericIpv6 = address instanceof Inet6Address;
            return (numericIpv6 ? "[" + abbreviated(host) + "]" : host) + ":" + socketAddress.getPort();
        }

        private static String abbreviated(String ipv6) {
            return ipv6.equals("0:0:0:0:0:0:0:1") ? "::1" : ipv6;
        }
    }

    /** A Unix domain socket. */
    record Unix(Path path) implements Endpoint {
        @Override
        public SocketAddress socketAddress() {
            return UnixDomainSocketAddress.of(path);
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /**
     * The address that a text names.
     *
     * @throws IllegalArgumentException if the text is no address, or its host is unknown
     */
    static Endpoint parse(String text) {
        if (text.startsWith("unix:")) {
            return unix(text, text.substring("unix:".length()));
        }
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw notAnAddress(text, "the port is missing");
        }
        return new Tcp(new InetSocketAddress(host(text, text.substring(0, colon)), port(text, colon)));
    }

    private static Endpoint unix(String text, String path) {
        if (path.isEmpty() || path.indexOf('\0') >= 0) {
            throw notAnAddress(text, "the path is missing");
        }
        // gRPC's own notation of an absolute path is unix:///run/kernel.sock
        return new Unix(Path.of(path.startsWith("///") ? path.substring(2) : path));
    }

    private static InetAddress host(String text, String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty()) {
            throw notAnAddress(text, "the host is missing");
        }
        if (!bracketed && host.indexOf(':') >= 0) {
            throw notAnAddress(text, "an IPv6 address needs brackets");
        }
        try {
            return InetAddress.getByName(bracketed ? host.substring(1, host.length() - 1) : host);
        } catch (UnknownHostException unknown) {
            throw notAnAddress(text, "the host is unknown");
        }
    }

    private static int port(String text, int colon) {
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw notAnAddress(text, "a port is a number from 0 to 65535");
    }

    private static IllegalArgumentException notAnAddress(String text, String why) {
        return new IllegalArgumentException("not an address: '" + text + "': " + why
                + "; examples are 127.0.0.1:50051, [::1]:50051 and unix:/run/kernel.sock");
    }
}
