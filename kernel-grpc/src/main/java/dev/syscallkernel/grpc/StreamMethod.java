package dev.syscallkernel.grpc;

import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import io.grpc.MethodDescriptor;

/** StreamSyscall with marshallers that leave chunks where they are: the same name and the same bytes as generated. */
final class StreamMethod {
    static final FrameMarshaller<StreamSyscallRequest> REQUESTS = new FrameMarshaller<>(
            KernelServiceGrpc.getStreamSyscallMethod().getRequestMarshaller(), new ChunkLayouts.ToServer());

    static final FrameMarshaller<StreamSyscallChunk> CHUNKS = new FrameMarshaller<>(
            KernelServiceGrpc.getStreamSyscallMethod().getResponseMarshaller(), new ChunkLayouts.ToClient());

    static final MethodDescriptor<ChunkFrame<StreamSyscallRequest>, ChunkFrame<StreamSyscallChunk>> DESCRIPTOR =
            KernelServiceGrpc.getStreamSyscallMethod().toBuilder(REQUESTS, CHUNKS)
                    .build();

    private StreamMethod() {}
}
