package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "cat", description = "Writes a file, of any size, to standard output.")
final class CatCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Mixin
    private ProcessOptions options = new ProcessOptions();

    @Mixin
    private ChunkSizeOption chunkSize = new ChunkSizeOption();

    @Parameters(paramLabel = "PATH", description = "The virtual path of the file.")
    private String path = "";

    @Option(names = "--offset", paramLabel = "N", description = "Where to start, in bytes. Default: 0.")
    private ByteSize offset = new ByteSize(0);

    @Option(names = "--length", paramLabel = "N", description = "How many bytes at most. Default: all to the end.")
    private @Nullable ByteSize length;

    @Option(
            names = "--progress",
            negatable = true,
            description =
                    "Show progress on standard error, or do not. Default: only on a terminal, and only if the file"
                            + " itself goes elsewhere.")
    private @Nullable Boolean progress;

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
                    StopRequest.Registration stopping = stop.onStop(reader::close);
                    Progress shown = progress(reader.totalBytes())) {
                while (reader.next()) {
                    ByteBuffer chunk = reader.chunk();
                    shown.advance(chunk.remaining());
                    terminal.write(chunk);
                }
            }
        }
        return ExitCode.OK;
    }

    private Progress progress(OptionalLong total) {
        boolean wanted = progress == null ? terminal.interactive() && !terminal.showsResults() : progress;
        return wanted
                ? Progress.on(
                        terminal,
                        "reading " + Text.printable(path),
                        total.isPresent() ? new ByteSize(total.getAsLong()) : null)
                : Progress.NONE;
    }

    private ReadOptions wanted() {
        ReadOptions options =
                ReadOptions.DEFAULT.withChunkSize(chunkSize.bytes()).withOffset(offset.bytes());
        return length == null ? options : options.withLength(length.bytes());
    }
}
