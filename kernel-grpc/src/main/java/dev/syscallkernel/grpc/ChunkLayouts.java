package dev.syscallkernel.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.syscallkernel.proto.StreamFileWrite;
import dev.syscallkernel.proto.StreamSyscallChunk;
import dev.syscallkernel.proto.StreamSyscallChunk.ChunkCase;
import dev.syscallkernel.proto.StreamSyscallRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The layouts of the two messages that carry most of the bytes. Written by hand, they are what protobuf writes. */
final class ChunkLayouts {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** What follows a chunk are a few numbers at most. */
    private static final int MAX_TAIL = 32;

    private ChunkLayouts() {}

    /** A chunk on its way to the client: the field {@code data}, and nothing else. */
    static final class ToClient implements ChunkLayout<StreamSyscallChunk> {
        private static final int DATA = tag(StreamSyscallChunk.DATA_FIELD_NUMBER);

        @Override
        public @Nullable ByteString chunk(StreamSyscallChunk message) {
            return message.getChunkCase() == ChunkCase.DATA ? message.getData() : null;
        }

        @Override
        public StreamSyscallChunk withChunk(StreamSyscallChunk rest, ByteString chunk) {
            return StreamSyscallChunk.newBuilder().setData(chunk).build();
        }

        @Override
        public ByteBuffer head(StreamSyscallChunk rest, int chunkSize) {
            return encoded(DATA, chunkSize);
        }

        @Override
        public ByteBuffer tail(StreamSyscallChunk rest) {
            return NOTHING;
        }

        @Override
        public @Nullable Located<StreamSyscallChunk> locate(InputStream stream) throws IOException {
            int all = stream.available();
            if (stream.read() != DATA) {
                return null;
            }
            int size = size(stream);
            return size == stream.available()
                    ? new Located<>(StreamSyscallChunk.getDefaultInstance(), all - size, size)
                    : null;
        }
    }

    /** A chunk on its way to the server: the field {@code chunk} in the field {@code write}, and numbers after it. */
    static final class ToServer implements ChunkLayout<StreamSyscallRequest> {
        private static final int WRITE = tag(StreamSyscallRequest.WRITE_FIELD_NUMBER);
        private static final int CHUNK = tag(StreamFileWrite.CHUNK_FIELD_NUMBER);

        @Override
        public @Nullable ByteString chunk(StreamSyscallRequest message) {
            return message.hasWrite() ? message.getWrite().getChunk() : null;
        }

        @Override
        public StreamSyscallRequest withChunk(StreamSyscallRequest rest, ByteString chunk) {
            return rest.toBuilder()
                    .setWrite(rest.getWrite().toBuilder().setChunk(chunk))
                    .build();
        }

        @Override
        public ByteBuffer head(StreamSyscallRequest rest, int chunkSize) {
            ByteBuffer inner = encoded(CHUNK, chunkSize);
            int size = inner.remaining() + chunkSize + rest.getWrite().getSerializedSize();
            ByteBuffer outer = encoded(WRITE, size);
            return ByteBuffer.allocate(outer.remaining() + inner.remaining())
                    .put(outer)
                    .put(inner)
                    .flip();
        }

        @Override
        public ByteBuffer tail(StreamSyscallRequest rest) {
            return ByteBuffer.wrap(rest.getWrite().toByteArray());
        }

        @Override
        public @Nullable Located<StreamSyscallRequest> locate(InputStream stream) throws IOException {
            int all = stream.available();
            if (stream.read() != WRITE || size(stream) != stream.available() || stream.read() != CHUNK) {
                return null;
            }
            int size = size(stream);
            int begin = all - stream.available();
            int tail = stream.available() - size;
            if (size < 0 || tail < 0 || tail > MAX_TAIL) {
                return null;
            }
            stream.skipNBytes(size);
            byte[] after = stream.readNBytes(tail);
            if (hasChunk(after)) {
                return null; // the last one counts, even if it is empty
            }
            StreamFileWrite rest = StreamFileWrite.parseFrom(after);
            return new Located<>(
                    StreamSyscallRequest.newBuilder().setWrite(rest).build(), begin, size);
        }

        private static boolean hasChunk(byte[] fields) throws IOException {
            CodedInputStream in = CodedInputStream.newInstance(fields);
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (tag == CHUNK) {
                    return true;
                }
                in.skipField(tag);
            }
            return false;
        }
    }

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    /** A tag of one byte, and a size. */
    private static ByteBuffer encoded(int tag, int size) {
        byte[] bytes = new byte[1 + CodedOutputStream.computeUInt32SizeNoTag(size)];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            out.writeUInt32NoTag(tag);
            out.writeUInt32NoTag(size);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible); // there is room
        }
        return ByteBuffer.wrap(bytes);
    }

    /** A size; negative if what is there is none. */
    private static int size(InputStream stream) throws IOException {
        int first = stream.read();
        try {
            return first < 0 ? -1 : CodedInputStream.readRawVarint32(first, stream);
        } catch (InvalidProtocolBufferException malformed) {
            return -1; // whoever parses it as a whole will say what is wrong
        }
    }
}
