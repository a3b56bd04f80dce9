package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client keeps of the network's buffers, whatever its users do or fail to do. */
@Timeout(120)
class StreamBuffersTest extends ServerTest {
    private final List<String> leaks = new CopyOnWriteArrayList<>();
    private final ResourceLeakDetector.Level usualLevel = ResourceLeakDetector.getLevel();
    private RemoteKernel remote;
    private KernelProcess process;

    @BeforeEach
    void connectRemotely() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ByteBufUtil.setLeakListener((type, records) -> leaks.add(type + records));
        remote = RemoteKernel.connect(server.address());
        process = remote.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    @AfterEach
    void disconnect() {
        remote.close();
        ResourceLeakDetector.setLevel(usualLevel);
        ByteBufUtil.setLeakListener(null);
    }

    private byte[] file(int size) throws IOException {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        Files.write(workspace.resolve("f"), content);
        return content;
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(condition.getAsBoolean()).as(what).isTrue();
    }

    /** All that the server has to say has been said. */
    private void awaitServerDone() {
        await(
                "the server's end of the stream",
                () -> kernel.process(process.pid()).info().openStreams() == 0);
    }

    private static byte[] drain(StreamingReader reader) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (reader.next()) {
            ByteBuffer chunk = reader.chunk();
            byte[] bytes = new byte[chunk.remaining()];
            chunk.get(bytes);
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    /** Buffers that were lost are reported when others are allocated, some time after nothing refers to them any more. */
    private void assertNoLeak(WeakReference<?> owner) {
        await("the garbage collection of the reader", () -> {
            System.gc();
            return owner.get() == null;
        });
        for (int i = 0; i < 20; i++) {
            System.gc();
            ByteBuf any = PooledByteBufAllocator.DEFAULT.directBuffer(16);
            any.release();
        }
        assertThat(leaks).isEmpty();
    }

    @Test
    void aStreamThatHasEndedKeepsNoneAndCanStillBeRead() throws Exception {
        byte[] content = file(300_000);
        StreamingReader reader = process.read("/workspace/f");
        await("the buffers of an ended stream to be given back", () -> NetworkChunk.open() == 0);
        awaitServerDone();
        assertThat(Arrays.equals(drain(reader), content)).isTrue();
    }

    @Test
    void aReaderThatNobodyClosesLosesNone() throws Exception {
        file(300_000);
        WeakReference<StreamingReader> abandoned = new WeakReference<>(process.read("/workspace/f"));
        awaitServerDone();
        remote.close();
        assertThat(NetworkChunk.open()).isZero();
        assertNoLeak(abandoned);
    }

    @Test
    void closingTheConnectionTakesThemFromReadersThatNobodyCloses() throws Exception {
        file(64 << 20);
        WeakReference<StreamingReader> abandoned = new WeakReference<>(process.read("/workspace/f"));
        remote.close();
        assertThat(NetworkChunk.open()).isZero();
        assertNoLeak(abandoned);
    }

    @Test
    void aServerThatIsGoneLeavesNoneWithItsClient() throws Exception {
        file(64 << 20);
        StreamingReader reader = process.read("/workspace/f");
        WeakReference<StreamingReader> closed = new WeakReference<>(reader);
        kernel.process(process.pid()).terminate();
        server.close();
        reader.close();
        reader = null;
        await("the buffers of a closed reader to be given back", () -> NetworkChunk.open() == 0);
        remote.close();
        assertNoLeak(closed);
    }

    @Test
    void readingEndsWhenTheConnectionIsClosedEvenIfTheServerHasSentAll() throws Exception {
        file(900_000); // more than is fetched ahead, and less than may be under way
        StreamingReader reader = process.read("/workspace/f");
        awaitServerDone();
        CompletableFuture<SyscallException> end = CompletableFuture.supplyAsync(
                () -> {
                    remote.close();
                    return catchThrowableOfType(SyscallException.class, () -> drain(reader));
                },
                task -> new Thread(task).start());
        assertThat(end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).code()).isEqualTo(ErrorCode.UNAVAILABLE);
        reader.close();
    }
}
