package dev.syscallkernel.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Sends whatever bytes a test wants to send, as no protobuf library would. */
final class BytesMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    static <A> A call(Channel channel, MethodDescriptor<?, A> method, byte[] request) {
        return ClientCalls.blockingUnaryCall(
                channel,
                method.toBuilder(new BytesMarshaller(), method.getResponseMarshaller())
                        .build(),
                CallOptions.DEFAULT,
                request);
    }

    @Override
    public InputStream stream(byte[] value) {
        return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
        try {
            return stream.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
