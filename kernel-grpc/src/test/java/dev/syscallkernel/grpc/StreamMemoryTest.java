package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamingReader;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What streams keep in memory while nobody reads them, on either side. */
@Timeout(120)
class StreamMemoryTest {
    private static final long GIBIBYTE = 1L << 30;

    private static final int STALLED = 1000;

    /** How often a counter must be the same before it is taken to stand still. */
    private static final int CALM = 30;

    @TempDir
    Path host;

    @TempDir
    Path state;

    private ChildJvm child;
    private String address;
    private RemoteKernel remote;

    @BeforeEach
    void start() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(host.resolve("big").toFile(), "rw")) {
            sparse.setLength(GIBIBYTE);
        }
        child = ChildJvm.start(List.of("-Xmx256m"), ServerProgram.class, host.toString(), state.toString());
        address = child.readLine();
        remote = RemoteKernel.connect(address);
    }

    @AfterEach
    void stop() throws InterruptedException {
        remote.close();
        child.close();
    }

    private KernelProcess process() {
        return remote.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    /** The memory that the server has in use, on the heap and outside. */
    private long[] serverMemory() throws IOException {
        String[] answer = child.ask("memory").split(" ", 2);
        return new long[] {Long.parseLong(answer[0]), Long.parseLong(answer[1])};
    }

    /** How many bytes the server has read, of files and of connections, by the account of its host. */
    private long bytesReadByServer() throws IOException {
        String first =
                Files.readAllLines(Path.of("/proc/" + child.pid() + "/io")).get(0);
        return Long.parseLong(first.substring("rchar: ".length()));
    }

    /** Waits until the server reads no more, while it answers other calls; answers what it has read by then. */
    private long awaitStandstill(KernelProcess other) throws IOException {
        long last = -1;
        for (int calm = 0; calm < CALM; ) {
            other.execute(new WriteFile("/w/other", new byte[100]));
            assertThat(other.execute(new ReadFile("/w/other"))).hasSize(100);
            long now = bytesReadByServer();
            calm = now - last < 16 << 10 ? calm + 1 : 0; // those calls are read, too
            last = now;
        }
        return last;
    }

    @Test
    void aReaderThatStopsReadingKeepsNothingGrowing() throws Exception {
        KernelProcess process = process();
        awaitStandstill(process); // so that all has been loaded
        long clientBefore = ServerProgram.heap() + ServerProgram.direct();
        long[] before = serverMemory();
        long readBefore = bytesReadByServer();
        try (StreamingReader reader = process.read("/w/big")) {
            assertThat(reader.next()).isTrue();
            long read = awaitStandstill(process) - readBefore;
            long clientGrowth = ServerProgram.heap() + ServerProgram.direct() - clientBefore;
            long[] after = serverMemory();
            long heapGrowth = after[0] - before[0];
            long directGrowth = after[1] - before[1];
            System.out.printf(
                    "1 GiB, nobody reads: the server read %d KiB; its heap grew by %d KiB, direct memory by %d KiB;"
                            + " the client's together by %d KiB%n",
                    read >> 10, heapGrowth >> 10, directGrowth >> 10, clientGrowth >> 10);
            assertThat(read).isLessThan(32 << 20);
            assertThat(heapGrowth + directGrowth).isLessThan(32 << 20);
            assertThat(clientGrowth).isLessThan(32 << 20);
            while (reader.bytesRead() < 2 * read) {
                assertThat(reader.next()).as("it goes on when its reader does").isTrue();
            }
        }
    }

    /** Each has got going, and its client takes no more: what the server wants to send waits in its memory. */
    @Test
    void aThousandStreamsThatNobodyReadsFitIntoASmallHeapAndHoldUpNobody() throws Exception {
        KernelProcess process = process();
        long[] before = serverMemory();
        ManagedChannel lazy = NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .flowControlWindow(64 << 10) // so that the client does not store what it does not read
                .build();
        CountDownLatch begun = new CountDownLatch(STALLED);
        Queue<Status> ends = new ConcurrentLinkedQueue<>();
        for (int processes = 0; processes < STALLED / 50; processes++) {
            int pid = process().pid().value();
            for (int streams = 0; streams < 50; streams++) {
                stalled(lazy, pid, begun, ends);
            }
        }
        assertThat(begun.await(60, TimeUnit.SECONDS))
                .as("each stream got going: " + ends)
                .isTrue();
        long begin = System.nanoTime();
        awaitStandstill(process);
        long[] memory = serverMemory();
        System.out.printf(
                "1,000 streams that nobody reads: the server's heap has %d MiB in use (%d MiB before), direct memory"
                        + " %d MiB (%d MiB before); two other calls took %d us%n",
                memory[0] >> 20,
                before[0] >> 20,
                memory[1] >> 20,
                before[1] >> 20,
                (System.nanoTime() - begin) / 1000 / CALM);
        assertThat(memory[0]).isLessThan(256L << 20);
        assertThat(ends).isEmpty();
        lazy.shutdownNow();
        while (remote.processes().stream().anyMatch(info -> info.openStreams() > 0)) {
            Thread.onSpinWait();
        }
    }

    private static void stalled(ManagedChannel channel, int pid, CountDownLatch begun, Queue<Status> ends) {
        ClientCall<StreamSyscallRequest, StreamSyscallChunk> call =
                channel.newCall(KernelServiceGrpc.getStreamSyscallMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(StreamSyscallChunk chunk) {
                        begun.countDown();
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        ends.add(status);
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage(StreamSyscallRequest.newBuilder()
                .setPid(pid)
                .setRead(StreamFileRead.newBuilder().setPath("/w/big"))
                .build());
    }
}
