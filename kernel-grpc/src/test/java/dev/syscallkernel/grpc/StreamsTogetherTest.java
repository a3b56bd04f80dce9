package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams that stall, crawl and run, all on one connection. */
@Timeout(120)
class StreamsTogetherTest extends ServerTest {
    private static final int SIZE = 16 << 20;

    private RemoteKernel remote;
    private KernelProcess process;
    private int crc;

    @BeforeEach
    void connectRemotely() throws IOException {
        byte[] content = new byte[SIZE];
        new Random(5).nextBytes(content);
        Files.write(workspace.resolve("f"), content);
        CRC32C sum = new CRC32C();
        sum.update(content);
        crc = (int) sum.getValue();
        remote = RemoteKernel.connect(server.address());
        process = remote.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    @AfterEach
    void disconnect() {
        remote.close();
    }

    private StreamingReader open() {
        return process.read("/workspace/f", ReadOptions.DEFAULT.withChecksum());
    }

    private void readToTheEnd(StreamingReader reader) {
        while (reader.next()) {
            assertThat(reader.chunk().hasRemaining()).isTrue();
        }
        assertThat(reader.bytesRead()).isEqualTo(SIZE);
        assertThat(reader.crc32c()).isEqualTo(crc);
    }

    @Test
    void stalledAndSlowStreamsHoldUpNoFastOne() {
        try (StreamingReader stalled = open();
                StreamingReader slow = open()) {
            assertThat(stalled.next()).isTrue();
            for (int round = 0; round < 4; round++) {
                try (StreamingReader fast = open()) {
                    assertThat(slow.next()).isTrue(); // one chunk, while the fast one takes all
                    readToTheEnd(fast);
                }
            }
            assertThat(slow.bytesRead()).isEqualTo(4 * 65536);
            readToTheEnd(slow);
            readToTheEnd(stalled);
        }
    }

    @Test
    void writersThatSendNothingHoldUpNobody() {
        List<StreamingWriter> stalled = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            StreamingWriter writer = process.write("/workspace/stalled-" + i);
            if (i % 2 == 0) {
                writer.write(ByteBuffer.allocate(100_000));
            }
            stalled.add(writer);
        }
        try (StreamingWriter fast = process.write("/workspace/fast");
                StreamingReader reader = open()) {
            for (int i = 0; i < 16; i++) {
                fast.write(ByteBuffer.allocate(1 << 20));
            }
            assertThat(fast.commit().totalBytes()).isEqualTo(SIZE);
            readToTheEnd(reader);
        }
        for (int i = 0; i < 40; i++) {
            StreamingWriter writer = stalled.get(i);
            writer.write(ByteBuffer.allocate(10));
            assertThat(writer.commit().totalBytes()).isEqualTo(i % 2 == 0 ? 100_010 : 10);
        }
    }
}
