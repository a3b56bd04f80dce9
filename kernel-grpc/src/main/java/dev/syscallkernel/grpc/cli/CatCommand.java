package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "cat", description = "Writes a file, of any size, to standard output.")
final class CatCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Parameters(paramLabel = "PATH", description = "The virtual path of the file.")
    private String path = "";

    @Option(names = "--offset", paramLabel = "N", description = "Where to start, in bytes. Default: 0.")
    private ByteSize offset = new ByteSize(0);

    @Option(names = "--length", paramLabel = "N", description = "How many bytes at most. Default: all to the end.")
    private @Nullable ByteSize length;

    @Option(
            names = "--chunk-size",
            paramLabel = "SIZE",
            description = "How many bytes to move at a time, 1KiB to 4MiB. Default: 64KiB.")
    private ByteSize chunkSize = new ByteSize(ReadOptions.DEFAULT_CHUNK_SIZE);

    CatCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() {
        ReadOptions wanted = wanted();
        try (Session session = options.open(stop)) {
            KernelProcess process = options.process(session, Capability.READ_FILE);
            try (StreamingReader reader = process.read(path, wanted);
                    StopRequest.Registration stopping = stop.onStop(reader::close)) {
                while (reader.next()) {
                    terminal.write(reader.chunk());
                }
            }
        }
        return ExitCode.OK;
    }

    private ReadOptions wanted() {
        if (chunkSize.bytes() < ReadOptions.MIN_CHUNK_SIZE || chunkSize.bytes() > ReadOptions.MAX_CHUNK_SIZE) {
            throw new ParameterException(
                    command.commandLine(), "--chunk-size must be 1KiB to 4MiB, not " + chunkSize.bytes() + " bytes");
        }
        ReadOptions options =
                ReadOptions.DEFAULT.withChunkSize((int) chunkSize.bytes()).withOffset(offset.bytes());
        return length == null ? options : options.withLength(length.bytes());
    }
}
