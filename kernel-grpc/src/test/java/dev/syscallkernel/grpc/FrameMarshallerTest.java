package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnknownFieldSet;
import dev.syscallkernel.proto.KernelServiceGrpc;
import dev.syscallkernel.proto.StreamComplete;
import dev.syscallkernel.proto.StreamFileRead;
import dev.syscallkernel.proto.StreamFileWrite;
import dev.syscallkernel.proto.StreamProgress;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.proto.WriteMode;
import io.grpc.Drainable;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.StatusRuntimeException;
import io.grpc.internal.CompositeReadableBuffer;
import io.grpc.internal.ReadableBuffers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames made by hand against what protobuf makes of the same messages, however the network cuts them. */
class FrameMarshallerTest {
    private static final int ROUNDS = 1500;
    private static final Marshaller<StreamSyscallRequest> REQUESTS =
            KernelServiceGrpc.getStreamSyscallMethod().getRequestMarshaller();
    private static final Marshaller<StreamSyscallChunk> CHUNKS =
            KernelServiceGrpc.getStreamSyscallMethod().getResponseMarshaller();

    private final ChunkLayout<StreamSyscallRequest> toServer = new ChunkLayouts.ToServer();
    private final ChunkLayout<StreamSyscallChunk> toClient = new ChunkLayouts.ToClient();

    private static Random seeded(long seed) {
        System.out.println("FrameMarshallerTest: seed " + seed);
        return new Random(seed);
    }

    /** Sizes around those at which a length takes one more byte, and any others. */
    private static byte[] chunk(Random random) {
        int[] edges = {0, 1, 127, 128, 129, 16_383, 16_384, 65_536, 70_000};
        byte[] bytes = new byte[random.nextBoolean() ? edges[random.nextInt(edges.length)] : random.nextInt(3000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ByteBuffer inSomeMemory(Random random, byte[] bytes) {
        int before = random.nextInt(3);
        ByteBuffer buffer = random.nextBoolean()
                ? ByteBuffer.allocate(before + bytes.length + 2)
                : ByteBuffer.allocateDirect(before + bytes.length + 2);
        buffer.position(before);
        buffer.put(bytes).flip().position(before);
        return random.nextBoolean() ? buffer : buffer.asReadOnlyBuffer();
    }

    /** What gRPC does with a message that is to be sent. */
    private static byte[] drained(Random random, InputStream stream) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (stream) {
            int announced = stream.available();
            if (stream instanceof Drainable drainable && random.nextBoolean()) {
                assertThat(drainable.drainTo(out)).isEqualTo(announced);
            } else {
                byte[] piece = new byte[1 + random.nextInt(20_000)];
                for (int count = stream.read(piece); count >= 0; count = stream.read(piece)) {
                    out.write(piece, 0, count);
                }
            }
            assertThat(out.size()).isEqualTo(announced);
        }
        return out.toByteArray();
    }

    /** A message as it arrives: in as many pieces as the network likes. */
    private static InputStream arriving(Random random, byte[] bytes) {
        CompositeReadableBuffer all = new CompositeReadableBuffer();
        for (int at = 0; at < bytes.length; ) {
            if (random.nextInt(4) == 0) { // as of a frame of HTTP/2 that has no bytes
                all.addBuffer(ReadableBuffers.wrap(ByteBuffer.allocateDirect(0)));
            }
            int most = random.nextInt(4) == 0 ? 3 : 20_000;
            int end = Math.min(bytes.length, at + 1 + random.nextInt(most));
            ByteBuffer piece =
                    ByteBuffer.allocateDirect(end - at).put(bytes, at, end - at).flip();
            all.addBuffer(ReadableBuffers.wrap(piece));
            at = end;
        }
        return ReadableBuffers.openStream(all, true);
    }

    private static byte[] bytesOf(ChunkFrame<?> frame) {
        ByteBuffer bytes = frame.bytes();
        int room = frame.chunkSize() + 1;
        ByteBuffer target = frame.chunkSize() % 2 == 0 ? ByteBuffer.allocate(room) : ByteBuffer.allocateDirect(room);
        if (bytes == null) {
            frame.copyChunk(target);
        } else {
            target.put(bytes.duplicate());
        }
        byte[] copy = new byte[target.flip().remaining()];
        target.get(copy);
        return copy;
    }

    private StreamSyscallRequest write(Random random, byte[] chunk) {
        StreamFileWrite.Builder write = StreamFileWrite.newBuilder();
        if (random.nextBoolean()) {
            write.setCrc32C(random.nextInt());
        }
        if (random.nextInt(4) == 0) {
            write.setFinish(true);
        }
        if (random.nextInt(8) == 0) {
            write.setPath("/w/é" + random.nextInt())
                    .setMode(WriteMode.APPEND)
                    .setUploadId("u".repeat(random.nextInt(99)));
        }
        StreamSyscallRequest.Builder request = StreamSyscallRequest.newBuilder();
        if (random.nextInt(8) == 0) {
            request.setPid(random.nextInt());
        }
        return request.setWrite(write.setChunk(ByteString.copyFrom(chunk))).build();
    }

    private static <M extends MessageLite> M parsed(Marshaller<M> marshaller, byte[] bytes) {
        return marshaller.parse(new ByteArrayInputStream(bytes));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsSentIsWhatProtobufSends(boolean plain) throws IOException {
        Random random = seeded(20261);
        FrameMarshaller<StreamSyscallRequest> requests = new FrameMarshaller<>(REQUESTS, toServer, plain);
        FrameMarshaller<StreamSyscallChunk> chunks = new FrameMarshaller<>(CHUNKS, toClient, plain);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = chunk(random);
            StreamSyscallChunk answer = StreamSyscallChunk.newBuilder()
                    .setData(ByteString.copyFrom(bytes))
                    .build();
            byte[] sent = drained(
                    random,
                    chunks.stream(ChunkFrame.of(StreamSyscallChunk.getDefaultInstance(), inSomeMemory(random, bytes))));
            assertThat(Arrays.equals(sent, answer.toByteArray()))
                    .as("round " + i)
                    .isTrue();

            // The rest that is sent with a chunk has a checksum at most; and proto3 leaves out a chunk without bytes.
            StreamFileWrite rest =
                    StreamFileWrite.newBuilder().setCrc32C(random.nextInt()).build();
            StreamSyscallRequest request = StreamSyscallRequest.newBuilder()
                    .setWrite(rest.toBuilder().setChunk(ByteString.copyFrom(bytes)))
                    .build();
            sent = drained(
                    random,
                    requests.stream(ChunkFrame.of(
                            StreamSyscallRequest.newBuilder().setWrite(rest).build(), inSomeMemory(random, bytes))));
            assertThat(parsed(REQUESTS, sent)).isEqualTo(request);
            if (bytes.length > 0) {
                assertThat(Arrays.equals(sent, request.toByteArray()))
                        .as("round " + i)
                        .isTrue();
            }
        }
    }

    @Test
    void whatArrivesIsWhatProtobufReads() {
        Random random = seeded(20262);
        FrameMarshaller<StreamSyscallRequest> requests = new FrameMarshaller<>(REQUESTS, toServer, false);
        FrameMarshaller<StreamSyscallChunk> chunks = new FrameMarshaller<>(CHUNKS, toClient, false);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = chunk(random);
            StreamSyscallRequest request = write(random, bytes);
            try (ChunkFrame<StreamSyscallRequest> frame = requests.parse(arriving(random, request.toByteArray()))) {
                assertThat(Arrays.equals(bytesOf(frame), bytes))
                        .as("round " + i)
                        .isTrue();
                assertThat(toServer.withChunk(frame.message(), ByteString.copyFrom(bytes)))
                        .as("round " + i)
                        .isEqualTo(request);
            }
            byte[] answer = StreamSyscallChunk.newBuilder()
                    .setData(ByteString.copyFrom(bytes))
                    .build()
                    .toByteArray();
            try (ChunkFrame<StreamSyscallChunk> frame = chunks.parse(arriving(random, answer))) {
                assertThat(frame.hasChunk()).isTrue();
                assertThat(Arrays.equals(bytesOf(frame), bytes))
                        .as("round " + i)
                        .isTrue();
            }
        }
        // Messages in very many pieces are not kept; gRPC says so.
        assertThat(chunks.kept()).as("the fast way was taken").isGreaterThan(ROUNDS * 3 / 4);
        assertThat(requests.kept()).as("the fast way was taken").isGreaterThan(ROUNDS / 2);
        assertThat(requests.parsed()).as("and the other one").isPositive();
        assertThat(NetworkChunk.open()).isZero();
    }

    @Test
    void whatIsNoChunkIsReadByProtobuf() {
        Random random = seeded(20263);
        FrameMarshaller<StreamSyscallRequest> requests = new FrameMarshaller<>(REQUESTS, toServer, false);
        FrameMarshaller<StreamSyscallChunk> chunks = new FrameMarshaller<>(CHUNKS, toClient, false);
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                .build();
        StreamSyscallChunk data = StreamSyscallChunk.newBuilder()
                .setData(ByteString.copyFromUtf8("data"))
                .build();
        for (StreamSyscallChunk message : new StreamSyscallChunk[] {
            StreamSyscallChunk.getDefaultInstance(),
            StreamSyscallChunk.newBuilder().setError("no").build(),
            StreamSyscallChunk.newBuilder()
                    .setComplete(StreamComplete.newBuilder().setTotalBytes(-1))
                    .build(),
            StreamSyscallChunk.newBuilder()
                    .setProgress(StreamProgress.newBuilder().setBytes(3))
                    .build(),
            data.toBuilder().setUnknownFields(unknown).build()
        }) {
            assertSame(chunks.parse(arriving(random, message.toByteArray())), message, message.getData());
        }
        for (StreamSyscallRequest message : new StreamSyscallRequest[] {
            StreamSyscallRequest.getDefaultInstance(),
            StreamSyscallRequest.newBuilder()
                    .setPid(3)
                    .setRead(StreamFileRead.newBuilder().setPath("/f"))
                    .build(),
            StreamSyscallRequest.newBuilder()
                    .setWrite(StreamFileWrite.newBuilder().setFinish(true))
                    .build(),
            StreamSyscallRequest.newBuilder()
                    .setWrite(StreamFileWrite.newBuilder()
                            .setChunk(ByteString.copyFromUtf8("chunk"))
                            .setUnknownFields(unknown))
                    .build()
        }) {
            ChunkFrame<StreamSyscallRequest> frame = requests.parse(arriving(random, message.toByteArray()));
            try (frame) {
                ByteString chunk = ByteString.copyFrom(bytesOf(frame));
                assertThat(chunk).isEqualTo(message.getWrite().getChunk());
                assertThat(chunk.isEmpty() ? frame.message() : toServer.withChunk(frame.message(), chunk))
                        .isEqualTo(message);
            }
        }
    }

    private static void assertSame(ChunkFrame<?> frame, Message message, ByteString chunk) {
        try (frame) {
            assertThat(frame.message()).isEqualTo(message);
            assertThat(ByteString.copyFrom(bytesOf(frame))).isEqualTo(chunk);
        }
    }

    /** A field can come twice, and then the last one counts; a length need not be written as short as it can be. */
    @Test
    void unusualButValidEncodingsMeanTheSame() throws IOException {
        Random random = seeded(20264);
        FrameMarshaller<StreamSyscallChunk> chunks = new FrameMarshaller<>(CHUNKS, toClient, false);
        ByteArrayOutputStream twice = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(twice);
        out.writeBytes(1, ByteString.copyFromUtf8("first"));
        out.writeBytes(1, ByteString.copyFromUtf8("second"));
        out.flush();
        byte[] longLength = {0x0A, (byte) 0x82, (byte) 0x80, 0x00, 'a', 'b'};
        for (byte[] bytes : new byte[][] {twice.toByteArray(), longLength}) {
            StreamSyscallChunk expected = parsed(CHUNKS, bytes);
            try (ChunkFrame<StreamSyscallChunk> frame = chunks.parse(arriving(random, bytes))) {
                assertThat(ByteString.copyFrom(bytesOf(frame))).isEqualTo(expected.getData());
            }
        }
    }

    /** The last one counts, so it is not what was found first. */
    @Test
    void aChunkThatComesTwiceInOneWriteIsTheLastOne() throws IOException {
        Random random = seeded(20266);
        FrameMarshaller<StreamSyscallRequest> requests = new FrameMarshaller<>(REQUESTS, toServer, false);
        for (ByteString second : new ByteString[] {ByteString.EMPTY, ByteString.copyFromUtf8("second")}) {
            ByteArrayOutputStream inner = new ByteArrayOutputStream();
            CodedOutputStream fields = CodedOutputStream.newInstance(inner);
            fields.writeBytes(StreamFileWrite.CHUNK_FIELD_NUMBER, ByteString.copyFromUtf8("first"));
            fields.writeFixed32(StreamFileWrite.CRC32C_FIELD_NUMBER, 7);
            fields.writeBytes(StreamFileWrite.CHUNK_FIELD_NUMBER, second);
            fields.flush();
            ByteArrayOutputStream outer = new ByteArrayOutputStream();
            CodedOutputStream message = CodedOutputStream.newInstance(outer);
            message.writeByteArray(StreamSyscallRequest.WRITE_FIELD_NUMBER, inner.toByteArray());
            message.flush();
            try (ChunkFrame<StreamSyscallRequest> frame = requests.parse(arriving(random, outer.toByteArray()))) {
                assertThat(ByteString.copyFrom(bytesOf(frame))).isEqualTo(second);
            }
        }
        assertThat(requests.kept()).isZero();
    }

    @Test
    void damagedMessagesFailAsTheyDoInProtobuf() {
        Random random = seeded(20265);
        FrameMarshaller<StreamSyscallRequest> requests = new FrameMarshaller<>(REQUESTS, toServer, false);
        int refused = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = write(random, chunk(random)).toByteArray();
            if (bytes.length == 0) {
                continue;
            }
            int at = random.nextInt(Math.min(bytes.length, 12));
            bytes[at] = (byte) random.nextInt();
            byte[] damaged = Arrays.copyOf(bytes, bytes.length - random.nextInt(2));
            StreamSyscallRequest expected;
            try {
                expected = parsed(REQUESTS, damaged);
            } catch (StatusRuntimeException malformed) {
                refused++;
                assertThat(fails(requests, arriving(random, damaged)))
                        .as("round " + i)
                        .isTrue();
                continue;
            }
            try (ChunkFrame<StreamSyscallRequest> frame = requests.parse(arriving(random, damaged))) {
                StreamSyscallRequest actual =
                        frame.hasChunk() && frame.message().hasWrite()
                                ? toServer.withChunk(frame.message(), ByteString.copyFrom(bytesOf(frame)))
                                : frame.message();
                assertThat(actual).as("round " + i).isEqualTo(expected);
            }
        }
        assertThat(refused).isPositive();
        assertThat(NetworkChunk.open()).isZero();
    }

    private static boolean fails(Marshaller<?> marshaller, InputStream stream) {
        try {
            marshaller.parse(stream);
            return false;
        } catch (StatusRuntimeException malformed) {
            return true;
        }
    }
}
