package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.stream.ReadOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a stream is cut. */
final class ChunkSizeOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    private int bytes = ReadOptions.DEFAULT_CHUNK_SIZE;

    /** @throws ParameterException if there is no such chunk */
    @Option(
            names = "--chunk-size",
            paramLabel = "SIZE",
            description = "How many bytes to move at a time, 1KiB to 4MiB. Default: 64KiB.")
    void choose(ByteSize size) {
        if (size.bytes() < ReadOptions.MIN_CHUNK_SIZE || size.bytes() > ReadOptions.MAX_CHUNK_SIZE) {
            throw new ParameterException(
                    command.commandLine(), "--chunk-size must be 1KiB to 4MiB, not " + size.bytes() + " bytes");
        }
        bytes = (int) size.bytes();
    }

    int bytes() {
        return bytes;
    }
}
