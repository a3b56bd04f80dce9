package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "demo",
        description = "Streams a large file through a kernel, in-process and over gRPC, and compares the digests.")
final class DemoCommand implements Callable<Integer> {
    private static final String MOUNT = "/demo";

    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Option(names = "--size", paramLabel = "SIZE", description = "How large the file is. Default: 1GiB.")
    private ByteSize size = new ByteSize(1L << 30);

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where to make the temporary directory with the file. Default: that of Java, mostly /tmp.")
    private Path directory = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--keep", description = "Do not delete the file.")
    private boolean keep;

    DemoCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() throws IOException {
        if (size.bytes() < 1) {
            throw new ParameterException(command.commandLine(), "--size must be at least 1 byte");
        }
        // All that the demo waits for ends by an interrupt.
        try (StopRequest.Registration stopping = stop.onStop(Thread.currentThread()::interrupt);
                DemoFile file = DemoFile.in(directory, size)) {
            String written = file.write(Progress.on(terminal, "writing the test file", size));
            List<DemoReading> readings = read(file);
            DemoReport report = new DemoReport(size, written, readings);
            report.lines().forEach(terminal::line);
            if (keep) {
                terminal.line("kept " + file.keep());
            }
            return report.allMatch() ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private List<DemoReading> read(DemoFile file) throws IOException {
        Mount mount = new Mount.HostDirectory(MOUNT, file.directory(), Access.READ_ONLY);
        MemoryWatch memory = new MemoryWatch();
        try (LocalKernel kernel = LocalKernel.builder().mount(mount).build();
                KernelServer server = KernelServer.builder(kernel)
                        .listen("127.0.0.1:0")
                        .grace(Duration.ofSeconds(1))
                        .build()
                        .start();
                RemoteKernel remote = RemoteKernel.connect(server.address())) {
            return List.of(read("in-process", kernel, file, memory), read("gRPC over TCP", remote, file, memory));
        }
    }

    private DemoReading read(String way, SyscallKernel kernel, DemoFile file, MemoryWatch memory) {
        KernelProcess process = kernel.createProcess(
                ProcessSpec.named("demo " + way).grant(Capability.READ_FILE).build());
        try (Progress progress = Progress.on(terminal, "reading " + way, size)) {
            return DemoReading.of(way, process, MOUNT + "/" + file.name(), progress, memory);
        }
    }
}
