package dev.syscallkernel.grpc;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.proto.KernelServiceGrpc;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Serves a kernel over gRPC, on a TCP port of this machine or on a Unix domain socket.
 *
 * <pre>{@code
 * try (SyscallKernel kernel = LocalKernel.builder().build();
 *         KernelServer server = KernelServer.builder(kernel).listen("127.0.0.1:50051").build()) {
 *     server.start();
 *     server.awaitTermination();
 * }
 * }</pre>
 *
 * <p>There is no encryption and no authentication: whoever reaches the address can do what the kernel lets its processes
 * do. So only loopback addresses are served, and Unix sockets that are open to nobody but their owner.
 *
 * <p>The kernel's work is done by a pool of threads, twice as many as processors and at least four. 1,024 requests can
 * wait for it or be worked on, or as many as a quarter of the heap holds; further ones are RESOURCE_EXHAUSTED. So are
 * reading streams of which two chunks each take more than half as much memory as the heap may have, and writing streams
 * of which more than a quarter is waiting to be written. What
 * waits for something else, such as a sleeping call or a stream whose client does not read, holds no thread. All threads
 * are daemons. Health checks and reflection are served as well. The kernel is not closed with its server. Thread-safe.
 */
public final class KernelServer implements AutoCloseable {
    /** The largest message: 16 MiB of content, and what surrounds it. */
    static final int MAX_MESSAGE_BYTES = (16 << 20) + (64 << 10);

    /** What is larger than that, but not than this, is refused in words of this server; the rest in those of gRPC. */
    static final int MAX_RECEIVED_BYTES = 2 * MAX_MESSAGE_BYTES;

    private static final System.Logger LOG = System.getLogger(KernelServer.class.getName());
    private static final int MAX_CALLS_PER_CONNECTION = 10_000;
    private static final int FLOW_CONTROL_WINDOW = 1 << 20;

    /** How long the ends of the streams may take to be written, before the connections are told to go. */
    private static final Duration LAST_WORDS = Duration.ofMillis(200);

    /** How long connections may take at most to hear the ends of their calls, and to be closed by both sides. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final Endpoint endpoint;
    private final Duration grace;
    private final ActiveCalls active = new ActiveCalls();
    private final WorkPool pool = new WorkPool();
    private final ExecutorService callbacks = Executors.newFixedThreadPool(
            Math.max(2, Runtime.getRuntime().availableProcessors()), Daemons.named("kernel-server-call"));
    private final EventLoopGroup network =
            new MultiThreadIoEventLoopGroup(Daemons.named("kernel-server-net"), NioIoHandler.newFactory());
    private final HealthStatusManager health = new HealthStatusManager();
    private final Server server;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final @Nullable UnixSocketFile socketFile;
    private volatile @Nullable Endpoint bound; // null until it was started

    private KernelServer(Builder settings) {
        this.endpoint = settings.endpoint;
        this.grace = settings.grace;
        this.socketFile = endpoint instanceof Endpoint.Unix unix ? new UnixSocketFile(unix.path()) : null;
        KernelService service =
                new KernelService(settings.kernel, new MountableDirectories(settings.mountable), pool, active, network);
        this.server = NettyServerBuilder.forAddress(bindAddress())
                .channelType(
                        endpoint instanceof Endpoint.Unix
                                ? NioServerDomainSocketChannel.class
                                : NioServerSocketChannel.class)
                .bossEventLoopGroup(network)
                .workerEventLoopGroup(network)
                .executor(callbacks)
                .maxInboundMessageSize(MAX_RECEIVED_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .initialFlowControlWindow(FLOW_CONTROL_WINDOW)
                .keepAliveTime(1, TimeUnit.MINUTES)
                .keepAliveTimeout(20, TimeUnit.SECONDS)
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(service.definition())
                .addService(health.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance())
                .build();
    }

    private SocketAddress bindAddress() {
        return socketFile == null ? endpoint.socketAddress() : UnixDomainSocketAddress.of(socketFile.temporary());
    }

    /** Starts the description of a server, on 127.0.0.1:50051 unless said otherwise. */
    public static Builder builder(SyscallKernel kernel) {
        return new Builder(kernel);
    }

    /**
     * Begins to listen.
     *
     * @return this server
     * @throws IOException if the address is in use, or cannot be listened on
     */
    public KernelServer start() throws IOException {
        if (socketFile != null) {
            socketFile.requireFree();
        }
        try {
            server.start();
            if (socketFile != null) {
                socketFile.publish();
            }
        } catch (IOException failure) {
            throw new IOException(
                    "cannot listen on " + endpoint + ": " + rootMessage(failure)
                            + "; stop what listens there, or choose another address",
                    failure);
        }
        bound = endpoint instanceof Endpoint.Tcp && server.getListenSockets().get(0) instanceof InetSocketAddress socket
                ? new Endpoint.Tcp(socket)
                : endpoint;
        for (String name : List.of(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, KernelServiceGrpc.SERVICE_NAME)) {
            health.setStatus(name, ServingStatus.SERVING);
        }
        LOG.log(Level.INFO, "Listening on {0}", address());
        return this;
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return Failures.reason(root.getMessage());
    }

    /**
     * Where it listens, such as {@code 127.0.0.1:50051} or {@code unix:/run/kernel.sock}: what a client connects to. Once
     * it is closed, where it listened.
     *
     * @throws IllegalStateException before the server was started
     */
    public String address() {
        Endpoint known = bound;
        if (known == null) {
            throw new IllegalStateException("the server was not started");
        }
        return known.toString();
    }

    /** Waits until the server was closed, by another thread. */
    public void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    /**
     * Closes in good order: refuses new calls as UNAVAILABLE, ends the streams of events, lets the other calls finish
     * within the grace, and then ends them as UNAVAILABLE. Closing twice has no effect. An interrupt ends the grace.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        removeSocketFile();
        // The ends of the streams go out before the farewell to their connections. A client that has answered that one
        // has them all, and loses none if it writes to a socket that is closed by then.
        active.close();
        try {
            active.awaitNone(LAST_WORDS);
            server.shutdown();
            health.enterTerminalState();
            if (!active.awaitNone(grace)) {
                LOG.log(Level.WARNING, "Ending the calls that did not finish within {0}", grace);
                active.cutOff();
                active.awaitNone(FAREWELL);
            } else {
                server.awaitTermination(FAREWELL.toNanos(), TimeUnit.NANOSECONDS);
            }
            server.shutdownNow();
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
        Daemons.close(callbacks, Duration.ofSeconds(2)); // before the pool, to which they leave what is to be closed
        pool.close();
        network.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    private void removeSocketFile() {
        try {
            if (socketFile != null) {
                socketFile.remove();
            }
        } catch (IOException failure) {
            LOG.log(Level.WARNING, "Cannot remove " + endpoint, failure);
        }
    }

    /** Collects the settings of a server. Not thread-safe. */
    public static final class Builder {
        private final SyscallKernel kernel;
        private final List<Path> mountable = new ArrayList<>();
        private Endpoint endpoint = Endpoint.parse("127.0.0.1:50051");
        private Duration grace = Duration.ofSeconds(10);

        private Builder(SyscallKernel kernel) {
            this.kernel = requireNonNull(kernel, "kernel");
        }

        /**
         * Sets where to listen: {@code 127.0.0.1:50051}, {@code [::1]:50051} or {@code unix:/run/kernel.sock}. Port 0
         * stands for any free one. A Unix socket is made for its owner alone, and replaces that of a dead server.
         *
         * @throws IllegalArgumentException if it is not an address, or one that other machines can reach
         */
        public Builder listen(String address) {
            Endpoint parsed = Endpoint.parse(address);
            if (parsed instanceof Endpoint.Tcp tcp
                    && !tcp.socketAddress().getAddress().isLoopbackAddress()) {
                throw new IllegalArgumentException("refusing to listen on " + address
                        + ": this server has no encryption and no authentication yet, so it serves only this machine."
                        + " Listen on 127.0.0.1 or on a Unix socket (unix:/path); to reach it from elsewhere, use an"
                        + " SSH tunnel such as ssh -L 50051:127.0.0.1:50051 HOST");
            }
            this.endpoint = parsed;
            return this;
        }

        /** Lets clients mount this directory of the host, and any beneath it; none unless said. */
        public Builder mountable(Path hostDirectory) {
            mountable.add(requireNonNull(hostDirectory, "hostDirectory"));
            return this;
        }

        /** Sets how long {@link KernelServer#close()} waits for running calls; 10 seconds unless said otherwise. */
        public Builder grace(Duration patience) {
            if (patience.isNegative()) {
                throw new IllegalArgumentException("grace must not be negative: " + patience);
            }
            this.grace = patience;
            return this;
        }

        /**
         * Makes a server, which listens only when it is started.
         *
         * @throws IllegalArgumentException if a mountable directory is not there
         */
        public KernelServer build() {
            return new KernelServer(this);
        }
    }
}
