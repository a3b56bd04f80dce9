package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamProcessInput;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamingWriter;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a server with a small heap keeps of the input of programs that do not read it. */
@Tag("long")
@Timeout(120)
class InputMemoryTest {
    private static final int CHUNK = ReadOptions.MAX_CHUNK_SIZE;
    private static final int STREAMS = 4;

    @TempDir
    Path host;

    @TempDir
    Path state;

    private ChildJvm server;
    private RemoteKernel remote;
    private KernelProcess process;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws IOException {
        Bubblewrap.require();
        server = ChildJvm.start(List.of("-Xmx128m"), ServerProgram.class, host.toString(), state.toString());
        String address = server.readLine();
        remote = RemoteKernel.connect(address);
        process = remote.createProcess(ProcessSpec.named("p")
                .level(SandboxLevel.PRIVILEGED)
                .grant(SandboxLevel.PRIVILEGED.capabilities())
                .build());
        channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (server != null) {
            channel.shutdownNow();
            remote.close();
            server.close();
        }
    }

    private Pid start(String... program) {
        return process.spawn(Command.of(program[0], program[1])
                        .input(Command.Input.STREAM)
                        .output(Command.Output.DISCARDED)
                        .build())
                .pid();
    }

    /** Sends three chunks, and then no more. Done when the server ends the stream. */
    private CompletableFuture<Throwable> feed(Pid program, ManagedChannel through) {
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        StreamObserver<StreamSyscallRequest> requests = KernelServiceGrpc.newStub(through)
                .streamSyscall(new StreamObserver<>() {
                    @Override
                    public void onNext(StreamSyscallChunk answer) {}

                    @Override
                    public void onError(Throwable problem) {
                        end.complete(problem);
                    }

                    @Override
                    public void onCompleted() {}
                });
        StreamProcessInput.Builder input = StreamProcessInput.newBuilder()
                .setTargetPid(program.value())
                .setChunk(ByteString.copyFrom(new byte[CHUNK]));
        StreamSyscallRequest request = StreamSyscallRequest.newBuilder()
                .setPid(process.pid().value())
                .setProcessInput(input)
                .build();
        for (int i = 0; i < 3; i++) {
            requests.onNext(request);
        }
        return end;
    }

    @Test
    void whatProgramsDoNotReadIsBoundedOverAllStreamsAndTheRoomIsGivenBack() throws Exception {
        List<CompletableFuture<Throwable>> ends = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            ends.add(feed(start("sleep", "100"), channel));
        }
        Throwable refusal = (Throwable) CompletableFuture.anyOf(ends.toArray(CompletableFuture<?>[]::new))
                .get(30, TimeUnit.SECONDS);
        ServerTest.assertStatus(refusal, Status.Code.RESOURCE_EXHAUSTED, ErrorCode.RESOURCE_EXHAUSTED);
        assertThat(refusal).hasMessageContaining("process_input");
        assertThat(ends).as("some can wait").anySatisfy(end -> assertThat(end).isNotDone());
        channel.shutdownNow();
        while (process.info().openStreams() > 0) {
            Thread.onSpinWait();
        }
        assertTakesMuchMoreThanFits();
    }

    /** Also if it is the only one: what the program has read is not counted any more. */
    private void assertTakesMuchMoreThanFits() {
        Pid reading = start("dd", "of=/dev/null");
        try (StreamingWriter input = process.input(reading)) {
            for (int i = 0; i < 12; i++) {
                input.write(ByteBuffer.allocate(CHUNK));
            }
            assertThat(input.commit().totalBytes()).isEqualTo(12L * CHUNK);
        }
        assertThat(process.await(reading).isSuccess()).isTrue();
    }
}
