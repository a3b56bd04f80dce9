package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Uploads that are broken off, from either side, and go on. {@code -Dsyscallkernel.stream.full=true} takes a GiB instead
 * of 64 MiB.
 */
@Tag("long")
@Timeout(600)
class UploadFaultTest {
    private static final boolean FULL = Boolean.getBoolean("syscallkernel.stream.full");
    private static final long SIZE = FULL ? 1L << 30 : 64L << 20;
    private static final int BREAKS = 20;
    private static final int KILLS = FULL ? 10 : 3;
    private static final int PIECE = 64 << 10;
    private static final HashFunction DIGEST = Hashing.sha256();

    @TempDir
    Path host;

    @TempDir
    Path state;

    private static KernelProcess process(RemoteKernel remote) {
        return remote.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    private ChildJvm startServer() throws IOException {
        return ChildJvm.start(List.of(), ServerProgram.class, host.toString(), state.toString());
    }

    /** The same bytes for every place, so that an upload can go on anywhere. */
    private static ByteBuffer content(long position, int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i += 8) {
            long mixed = (position + i) * 0x9E3779B97F4A7C15L;
            for (int k = i; k < Math.min(size, i + 8); k++) {
                bytes[k] = (byte) (mixed >>> (8 * (k - i)));
            }
        }
        return ByteBuffer.wrap(bytes);
    }

    private static String expectedDigest() {
        Hasher hasher = DIGEST.newHasher();
        for (long at = 0; at < SIZE; at += PIECE) {
            hasher.putBytes(content(at, PIECE));
        }
        return hasher.hash().toString();
    }

    private static String digestOf(Path file) throws IOException {
        return com.google.common.io.Files.asByteSource(file.toFile())
                .hash(DIGEST)
                .toString();
    }

    /** Goes on at an offset, to another one. Whole pieces, except for the first one. */
    private static void write(StreamingWriter writer, long from, long to) {
        for (long at = from; at < to; ) {
            long pieceBegin = at / PIECE * PIECE;
            ByteBuffer piece = content(pieceBegin, PIECE).position((int) (at - pieceBegin));
            piece.limit((int) Math.min(PIECE, to - pieceBegin));
            at += piece.remaining();
            writer.write(piece);
        }
    }

    private static long committed(KernelProcess process) {
        try {
            return process.execute(new GetUploadStatus("u")).committedBytes();
        } catch (SyscallException unknown) {
            assertThat(unknown.code()).isEqualTo(ErrorCode.NOT_FOUND);
            return 0;
        }
    }

    private static WriteOptions goOn(long offset) {
        return WriteOptions.DEFAULT.withUpload("u", offset);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(host)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void anUploadWhoseConnectionBreaksAgainAndAgainArrivesWhole() throws Exception {
        long seed = 20266;
        System.out.println("UploadFaultTest: seed " + seed + ", " + (SIZE >> 20) + " MiB, " + BREAKS + " breaks");
        Random random = new Random(seed);
        Files.writeString(host.resolve("f"), "old");
        try (ChildJvm child = startServer()) {
            String address = child.readLine();
            KernelProcess owner;
            try (RemoteKernel remote = RemoteKernel.connect(address)) {
                owner = process(remote);
            }
            long resent = 0;
            for (int i = 0; i < BREAKS; i++) {
                RemoteKernel remote = RemoteKernel.connect(address);
                KernelProcess process = remote.process(owner.pid());
                long from = committed(process);
                StreamingWriter writer = process.write("/w/f", goOn(from));
                long to = Math.min(SIZE, from + (long) (random.nextDouble() * 2 * SIZE / BREAKS));
                write(writer, from, to);
                resent += to - from;
                remote.close(); // without closing the writer
            }
            assertThat(host.resolve("f")).hasContent("old");
            try (RemoteKernel remote = RemoteKernel.connect(address)) {
                KernelProcess process = remote.process(owner.pid());
                long from = committed(process);
                assertThat(from).isBetween(0L, resent);
                try (StreamingWriter writer = process.write("/w/f", goOn(from))) {
                    write(writer, from, SIZE);
                    assertThat(writer.commit().totalBytes()).isEqualTo(SIZE);
                }
            }
            assertThat(digestOf(host.resolve("f"))).isEqualTo(expectedDigest());
            assertThat(names()).containsExactly("f");
        }
    }

    /** Killed at any moment, also between two writes: what is left is the old file, the upload, and nothing else. */
    @Test
    void aServerThatIsKilledAgainAndAgainLosesNothingOfAnUpload() throws Exception {
        long seed = 20267;
        Random random = new Random(seed);
        System.out.println("UploadFaultTest: seed " + seed + ", " + (SIZE >> 20) + " MiB, " + KILLS + " kills");
        Files.writeString(host.resolve("f"), "old");
        long known = 0;
        for (int i = 0; i < KILLS; i++) {
            long until = (long) (random.nextDouble() * SIZE / KILLS);
            try (ChildJvm child = startServer();
                    RemoteKernel remote = RemoteKernel.connect(child.readLine())) {
                KernelProcess process = process(remote);
                long from = committed(process);
                assertThat(from).as("what the kernel had told is still there").isGreaterThanOrEqualTo(known);
                StreamingWriter writer = process.write("/w/f", goOn(from));
                StreamingWriter other = process.write("/w/g");
                other.write(content(0, PIECE));
                write(writer, from, Math.min(SIZE, from + until));
                known = committed(process);
                child.kill();
                writer.close();
                other.close();
            }
            assertThat(host.resolve("f")).hasContent("old");
            assertThat(host.resolve("g")).doesNotExist();
            assertThat(names().stream().filter(name -> name.startsWith(".sk-upload-")))
                    .hasSize(1);
            assertThat(names().stream().filter(name -> !name.startsWith(".sk-")))
                    .containsExactly("f");
        }
        try (ChildJvm child = startServer();
                RemoteKernel remote = RemoteKernel.connect(child.readLine())) {
            KernelProcess process = process(remote);
            long from = committed(process);
            try (StreamingWriter writer = process.write("/w/f", goOn(from))) {
                write(writer, from, SIZE);
                assertThat(writer.commit().totalBytes()).isEqualTo(SIZE);
            }
            for (String left : names()) { // of the streams that cannot go on; swept when they are a day old
                if (left.startsWith(".sk-tmp-")) {
                    Files.setLastModifiedTime(
                            host.resolve(left), FileTime.from(Instant.now().minus(Duration.ofDays(2))));
                }
            }
            assertThat(process.execute(new ListDirectory("/w"))).hasSize(1);
        }
        assertThat(digestOf(host.resolve("f"))).isEqualTo(expectedDigest());
        assertThat(names()).containsExactly("f");
    }

    @Test
    void aKilledServerLeavesTheOldFileAndTheUploadGoesOnAfterItsRestart() throws Exception {
        Files.writeString(host.resolve("f"), "old");
        Files.writeString(host.resolve("g"), "old");
        long before;
        try (ChildJvm child = startServer();
                RemoteKernel remote = RemoteKernel.connect(child.readLine())) {
            KernelProcess process = process(remote);
            StreamingWriter writer = process.write("/w/f", goOn(0));
            StreamingWriter other = process.write("/w/g");
            write(other, 0, SIZE / 8);
            write(writer, 0, SIZE / 2);
            before = committed(process);
            child.kill();
            writer.close();
            other.close();
        }
        assertThat(host.resolve("f")).hasContent("old");
        assertThat(host.resolve("g")).hasContent("old");

        try (ChildJvm child = startServer();
                RemoteKernel remote = RemoteKernel.connect(child.readLine())) {
            KernelProcess process = process(remote);
            long from = committed(process);
            assertThat(from).isBetween(before, SIZE / 2);
            try (StreamingWriter writer = process.write("/w/f", goOn(from))) {
                write(writer, from, SIZE);
                assertThat(writer.commit().totalBytes()).isEqualTo(SIZE);
            }
            System.out.println("UploadFaultTest: killed with " + (from >> 10) + " KiB of " + (SIZE >> 10));
        }
        assertThat(digestOf(host.resolve("f"))).isEqualTo(expectedDigest());
        assertThat(host.resolve("g")).hasContent("old");
    }
}
