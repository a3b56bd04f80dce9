package dev.syscallkernel.grpc;

import dev.syscallkernel.KernelInfo;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.task.AsyncTaskManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;

/** A kernel of this JVM seen through a server and a connection. Closing it closes all three. */
final class ServedKernel implements SyscallKernel {
    private final LocalKernel local;
    private final KernelServer server;
    private final RemoteKernel remote;

    private ServedKernel(LocalKernel local, KernelServer server, RemoteKernel remote) {
        this.local = local;
        this.server = server;
        this.remote = remote;
    }

    static SyscallKernel overTcp(Path mountable, Path stateDirectory) throws IOException {
        return over("127.0.0.1:0", mountable, stateDirectory);
    }

    static SyscallKernel overUnixSocket(Path mountable, Path stateDirectory) throws IOException {
        return over("unix:" + socketPath(), mountable, stateDirectory);
    }

    /** Short enough for a socket, and nobody else's. */
    static Path socketPath() throws IOException {
        Path directory = Files.createTempDirectory("sk");
        directory.toFile().deleteOnExit();
        return directory.resolve("s");
    }

    private static SyscallKernel over(String address, Path mountable, Path stateDirectory) throws IOException {
        LocalKernel local = LocalKernel.builder()
                .stateDirectory(stateDirectory)
                .ceiling(SandboxLevel.PRIVILEGED)
                .programGrace(Duration.ofMillis(500))
                .build();
        KernelServer server = KernelServer.builder(local)
                .listen(address)
                .mountable(mountable)
                .build()
                .start();
        return new ServedKernel(local, server, RemoteKernel.connect(server.address()));
    }

    @Override
    public KernelProcess createProcess(ProcessSpec spec) {
        return remote.createProcess(spec);
    }

    @Override
    public KernelProcess process(Pid pid) {
        return remote.process(pid);
    }

    @Override
    public List<ProcessInfo> processes() {
        return remote.processes();
    }

    @Override
    public BatchExecutor batches() {
        return remote.batches();
    }

    @Override
    public KernelInfo info() {
        return remote.info();
    }

    @Override
    public AsyncTaskManager tasks() {
        return remote.tasks();
    }

    @Override
    public Flow.Publisher<KernelEvent> events(Set<KernelEvent.Type> types) {
        return remote.events(types);
    }

    @Override
    public void close() {
        remote.close();
        server.close();
        local.close();
    }
}
