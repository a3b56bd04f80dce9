package dev.syscallkernel.bench;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import dev.syscallkernel.bench.plain.PlainEcho;
import dev.syscallkernel.bench.plain.PlainStreamGrpc;
import dev.syscallkernel.bench.report.Compared;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.FileExistsCall;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.SandboxLevel;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many plain calls a server answers in a second, 64 of them in flight, asked by a generated stub. Baseline: the same
 * stub, and a service that answers what it is asked, with as many bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class InFlightBenchmark {
    private static final int CALLS = 5_000;
    private static final int IN_FLIGHT = 64;
    private static final long PATIENCE_SECONDS = 60;

    private TestFile file;
    private ServerProcess server;
    private ManagedChannel kernelChannel;
    private ManagedChannel plainChannel;
    private KernelServiceGrpc.KernelServiceFutureStub kernel;
    private PlainStreamGrpc.PlainStreamFutureStub plain;
    private SyscallRequest call;
    private PlainEcho echo;

    @Setup(Level.Trial)
    public void setUp() throws IOException {
        file = TestFile.create(1 << 20);
        server = ServerProcess.start(file.directory());
        kernelChannel = channel(server.kernelAddress());
        plainChannel = channel(server.plainAddress());
        kernel = KernelServiceGrpc.newFutureStub(kernelChannel);
        plain = PlainStreamGrpc.newFutureStub(plainChannel);
        int pid = KernelServiceGrpc.newBlockingStub(kernelChannel)
                .createProcess(CreateProcessRequest.newBuilder()
                        .setName("bench")
                        .setSandboxLevel(SandboxLevel.STANDARD)
                        .build())
                .getPid();
        call = SyscallRequest.newBuilder()
                .setPid(pid)
                .setFileExists(FileExistsCall.newBuilder().setPath(KernelFile.MOUNT + "/" + TestFile.NAME))
                .build();
        SyscallResponse answer =
                KernelServiceGrpc.newBlockingStub(kernelChannel).executeSyscall(call);
        if (!answer.getSuccess().getExists()) {
            throw new IllegalStateException("it should exist: " + answer);
        }
        echo = PlainEcho.newBuilder()
                .setData(ByteString.copyFrom(new byte[call.getSerializedSize()]))
                .build();
    }

    private static ManagedChannel channel(String address) {
        return NettyChannelBuilder.forTarget(address).usePlaintext().build();
    }

    @TearDown(Level.Trial)
    public void tearDown() throws IOException {
        kernelChannel.shutdownNow();
        plainChannel.shutdownNow();
        server.close();
        file.close();
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public Object baselineEcho() throws Exception {
        return all(() -> plain.echo(echo));
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    @Compared(what = "ExecuteSyscall file_exists, 64 in flight", to = "baselineEcho", goal = 0.8)
    public Object fileExists() throws Exception {
        return all(() -> kernel.executeSyscall(call));
    }

    /** Returns the last answer; what fails throws. */
    private static Object all(Supplier<? extends ListenableFuture<?>> call)
            throws InterruptedException, ExecutionException, TimeoutException {
        Semaphore free = new Semaphore(IN_FLIGHT);
        acquire(free, 1);
        ListenableFuture<?> last = start(call, free);
        for (int i = 1; i < CALLS; i++) {
            acquire(free, 1);
            last = start(call, free);
        }
        acquire(free, IN_FLIGHT);
        return last.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static ListenableFuture<?> start(Supplier<? extends ListenableFuture<?>> call, Semaphore free) {
        ListenableFuture<?> answer = call.get();
        answer.addListener(free::release, MoreExecutors.directExecutor());
        return answer;
    }

    private static void acquire(Semaphore free, int permits) throws InterruptedException {
        if (!free.tryAcquire(permits, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the server answers no more");
        }
    }
}
