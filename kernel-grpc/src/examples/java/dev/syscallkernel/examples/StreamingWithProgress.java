package dev.syscallkernel.examples;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.Progress;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.CRC32C;

/** Writes 100 MB and reads them back, a chunk at a time. The same code serves a kernel in-process and a remote one. */
public final class StreamingWithProgress {
    private static final int MEGABYTES = 100;

    private StreamingWithProgress() {}

    /** Works in the directory that the first argument names; with a kernel server, if there is an address after it. */
    public static void main(String[] args) {
        try (SyscallKernel kernel = args.length > 1
                ? RemoteKernel.connect(args[1])
                : LocalKernel.builder().build()) {
            run(kernel, Path.of(args[0]), System.out);
        }
    }

    static void run(SyscallKernel kernel, Path directory, PrintStream out) {
        KernelProcess process = kernel.createProcess(ProcessSpec.named("streams")
                .mount("/data", directory, Access.READ_WRITE)
                .grant(Capability.READ_FILE, Capability.WRITE_FILE, Capability.CREATE_FILE)
                .build());
        try {
            WriteSummary written = write(process);
            out.println("wrote " + written.totalBytes() + " bytes");

            CRC32C checksum = new CRC32C();
            ReadOptions options = ReadOptions.DEFAULT.withProgress(progress -> show(progress, out));
            try (StreamingReader reader = process.read("/data/big.bin", options)) {
                while (reader.next()) {
                    checksum.update(reader.chunk()); // a view: valid until the next call of next()
                }
            }
            out.println((int) checksum.getValue() == written.crc32c() ? "the checksums agree" : "the checksums differ");
        } finally {
            process.terminate();
        }
    }

    private static WriteSummary write(KernelProcess process) {
        try (StreamingWriter writer = process.write("/data/big.bin")) {
            byte[] megabyte = new byte[1_000_000];
            for (int i = 0; i < MEGABYTES; i++) {
                megabyte[i] = (byte) i;
                writer.write(ByteBuffer.wrap(megabyte));
            }
            return writer.commit(); // only now is there a file; without a commit there would be none
        }
    }

    private static void show(Progress progress, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%d of %d bytes, %.0f MB/s%n",
                progress.bytes(),
                progress.totalBytes().orElse(0),
                progress.bytesPerSecond() / 1e6);
    }
}
