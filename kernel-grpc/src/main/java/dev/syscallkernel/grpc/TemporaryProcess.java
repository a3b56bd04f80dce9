package dev.syscallkernel.grpc;

import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.CreateProcessResponse;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** A call that a process lives as long as. However it ends, the process is ended. */
final class TemporaryProcess extends IncomingCall<CreateProcessRequest, CreateProcessResponse> {
    private final WorkPool pool;
    private final Function<CreateProcessRequest, CreateProcessResponse> creation;
    private final IntConsumer end;
    private final AtomicInteger pid = new AtomicInteger(); // 0 for none

    private TemporaryProcess(
            ServerCall<Parsed<CreateProcessRequest>, CreateProcessResponse> call,
            ActiveCalls active,
            WorkPool pool,
            Function<CreateProcessRequest, CreateProcessResponse> creation,
            IntConsumer end) {
        super(call, active);
        this.pool = pool;
        this.creation = creation;
        this.end = end;
    }

    /**
     * @param creation creates the process
     * @param end ends the process with a pid; must not block
     */
    static ServerCallHandler<Parsed<CreateProcessRequest>, CreateProcessResponse> handler(
            ActiveCalls active,
            WorkPool pool,
            Function<CreateProcessRequest, CreateProcessResponse> creation,
            IntConsumer end) {
        return (ServerCall<Parsed<CreateProcessRequest>, CreateProcessResponse> call, Metadata headers) -> {
            call.request(1);
            return new TemporaryProcess(call, active, pool, creation, end).begin();
        };
    }

    @Override
    void received(CreateProcessRequest request) {
        if (!pool.tryRun(request.getSerializedSize(), () -> guarded(() -> create(request)))) {
            throw Failures.overloaded();
        }
    }

    private void create(CreateProcessRequest request) {
        if (isOver()) {
            return;
        }
        CreateProcessResponse response = creation.apply(request);
        if (!response.getSuccess()) {
            complete(response);
            return;
        }
        pid.set(response.getPid());
        send(response);
        if (isOver()) {
            release(); // it ended before there was anything to release
        }
    }

    @Override
    void release() {
        int created = pid.getAndSet(0);
        if (created != 0) {
            end.accept(created);
        }
    }

    @Override
    void serverCloses() {
        fail(Failures.stopping());
    }
}
