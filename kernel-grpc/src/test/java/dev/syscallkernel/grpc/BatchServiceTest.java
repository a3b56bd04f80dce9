package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.proto.BatchSyscallRequest;
import dev.syscallkernel.proto.BatchSyscallResponse;
import dev.syscallkernel.proto.FileExistsCall;
import dev.syscallkernel.proto.ReadFileCall;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.proto.WriteFileCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches as other languages send them; also clients of the earlier service, which know requests and parallel only. */
@Timeout(60)
class BatchServiceTest extends ServerTest {
    private static final int MIB = 1 << 20;

    private int pid;

    @BeforeEach
    void create() {
        pid = createProcess();
    }

    private SyscallRequest.Builder request() {
        return SyscallRequest.newBuilder().setPid(pid);
    }

    private SyscallRequest write(String name, ByteString content) {
        return request()
                .setWriteFile(
                        WriteFileCall.newBuilder().setPath("/workspace/" + name).setData(content))
                .build();
    }

    private SyscallRequest write(String name) {
        return write(name, ByteString.copyFromUtf8("content of " + name));
    }

    private SyscallRequest read(String name) {
        return request()
                .setReadFile(ReadFileCall.newBuilder().setPath("/workspace/" + name))
                .build();
    }

    private static SyscallRequest withField(SyscallRequest.Builder request, int number) {
        UnknownFieldSet.Field content = UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.EMPTY)
                .build();
        return request.setUnknownFields(
                        UnknownFieldSet.newBuilder().addField(number, content).build())
                .build();
    }

    /** Proves that neither RPC takes the batch, and that nothing of it is executed. */
    private String refusal(BatchSyscallRequest.Builder batch) {
        StatusRuntimeException failure = assertStatus(
                Status.Code.INVALID_ARGUMENT,
                ErrorCode.INVALID_ARGUMENT,
                () -> stub().executeSyscallBatch(batch.build()));
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                ErrorCode.INVALID_ARGUMENT,
                () -> stub().executeSyscallBatchAsync(batch.build()));
        assertThat(workspace).isEmptyDirectory();
        return String.valueOf(failure.getStatus().getDescription());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOldClientGetsOneResponseForEachRequestInTheirOrder(boolean parallel) {
        BatchSyscallRequest.Builder writes = BatchSyscallRequest.newBuilder().setParallel(parallel);
        BatchSyscallRequest.Builder reads = BatchSyscallRequest.newBuilder().setParallel(parallel);
        int count = 60;
        for (int i = 0; i < count; i++) {
            writes.addRequests(write("f" + i));
            reads.addRequests(
                    switch (i % 4) {
                        case 0 -> read("missing" + i);
                        case 1 ->
                            request()
                                    .setReadFile(ReadFileCall.newBuilder().setPath("/etc/f" + i))
                                    .build();
                        case 2 ->
                            request()
                                    .setFileExists(FileExistsCall.newBuilder().setPath("/workspace/f" + i))
                                    .build();
                        default -> read("f" + i);
                    });
        }
        BatchSyscallResponse written = stub().executeSyscallBatch(writes.build());
        assertThat(written.getResponsesList()).hasSize(count).allMatch(SyscallResponse::hasSuccess);
        BatchSyscallResponse response = stub().executeSyscallBatch(reads.build());
        assertThat(response.getResponsesList()).hasSize(count);
        assertThat(List.of(response.getSuccessCount(), response.getFailureCount(), response.getSkippedCount()))
                .containsExactly(count / 2, count / 2, 0);
        for (int i = 0; i < count; i++) {
            SyscallResponse answer = response.getResponses(i);
            switch (i % 4) {
                case 0 -> assertThat(answer.getError().getMessage()).contains("/workspace/missing" + i);
                case 1 -> assertThat(answer.getPermissionDenied().getReason()).isNotBlank();
                case 2 -> assertThat(answer.getSuccess().getData()).isEqualTo(ByteString.copyFrom(new byte[] {1}));
                default ->
                    assertThat(answer.getSuccess().getData().toStringUtf8()).isEqualTo("content of f" + i);
            }
        }
    }

    @Test
    void parallelIsMeant() {
        BatchSyscallRequest.Builder batch = BatchSyscallRequest.newBuilder();
        for (int i = 0; i < 20; i++) {
            batch.addRequests(request().setSleep(SleepCall.newBuilder().setDurationMs(50)));
        }
        BatchSyscallResponse together =
                stub().executeSyscallBatch(batch.setParallel(true).build());
        assertThat(together.getSuccessCount()).isEqualTo(20);
        assertThat(together.getDurationNs())
                .isLessThan(together.getTimesNsList().stream()
                        .mapToLong(Long::longValue)
                        .sum());
    }

    @Test
    void onlyAnAtomicBatchCanBeDurable() {
        assertThat(refusal(
                        BatchSyscallRequest.newBuilder().addRequests(write("f")).setDurable(true)))
                .contains("set 'atomic' too");
    }

    @Test
    void anAtomicBatchCannotBeParallel() {
        assertThat(refusal(BatchSyscallRequest.newBuilder()
                        .addRequests(write("f"))
                        .setAtomic(true)
                        .setParallel(true)))
                .contains("cannot be parallel");
    }

    @Test
    void anEntryWithoutASyscallRefusesTheBatch() {
        assertThat(refusal(BatchSyscallRequest.newBuilder()
                        .addRequests(write("f"))
                        .addRequests(request())
                        .addRequests(write("g"))))
                .contains("entry 2");
    }

    @Test
    void anEntryWithASyscallFromTheFutureRefusesTheBatch() {
        assertThat(refusal(BatchSyscallRequest.newBuilder()
                        .addRequests(write("f"))
                        .addRequests(write("g"))
                        .addRequests(withField(request(), 250))))
                .contains("entry 3");
    }

    @Test
    void anEntryWithAFieldFromTheFutureIsExecuted() {
        BatchSyscallResponse response = stub().executeSyscallBatch(BatchSyscallRequest.newBuilder()
                .addRequests(withField(write("f").toBuilder(), 250))
                .build());
        assertThat(response.getSuccessCount()).isEqualTo(1);
        assertThat(workspace.resolve("f")).hasContent("content of f");
    }

    @Test
    void anEntryOfNobodyRefusesTheBatch() {
        for (int nobody : new int[] {0, -1, 4711}) {
            BatchSyscallRequest batch = BatchSyscallRequest.newBuilder()
                    .addRequests(write("f"))
                    .addRequests(write("g").toBuilder().setPid(nobody))
                    .build();
            assertStatus(Status.Code.NOT_FOUND, ErrorCode.NO_SUCH_PROCESS, () -> stub().executeSyscallBatch(batch));
        }
        assertThat(workspace).isEmptyDirectory();
    }

    @Test
    void anEmptyBatchHasAnEmptyAnswer() {
        BatchSyscallResponse response = stub().executeSyscallBatch(BatchSyscallRequest.getDefaultInstance());
        assertThat(response.getResponsesList()).isEmpty();
        assertThat(response.getSuccessCount() + response.getFailureCount()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void moreThanAThousandRequestsAreRefused(boolean parallel) {
        BatchSyscallRequest.Builder batch = BatchSyscallRequest.newBuilder().setParallel(parallel);
        for (int i = 0; i < Batch.MAX_OPERATIONS + 1; i++) {
            batch.addRequests(write("f" + i));
        }
        assertThat(refusal(batch)).contains("1001 requests").contains("at most 1000");
        assertThat(stub().executeSyscallBatch(
                                batch.removeRequests(Batch.MAX_OPERATIONS).build())
                        .getSuccessCount())
                .isEqualTo(Batch.MAX_OPERATIONS);
    }

    @Test
    void moreThan16MebibytesAreRefused() {
        ByteString content = ByteString.copyFrom(new byte[4 * MIB]);
        BatchSyscallRequest.Builder batch = BatchSyscallRequest.newBuilder();
        for (int i = 0; i < 4; i++) {
            batch.addRequests(write("f" + i, content));
        }
        BatchSyscallRequest largest = batch.build();
        assertThat(refusal(batch.addRequests(write("more", ByteString.copyFrom(new byte[64 << 10])))))
                .contains(String.valueOf(KernelServer.MAX_MESSAGE_BYTES))
                .contains("split");
        assertThat(refusal(batch.addRequests(write("much more", content)))).contains("split");
        assertThat(stub().executeSyscallBatch(largest).getSuccessCount()).isEqualTo(4);
        assertThat(workspace.resolve("f3")).hasSize(4 * MIB);
    }
}
