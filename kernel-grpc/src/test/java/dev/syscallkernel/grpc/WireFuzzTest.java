package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.syscallkernel.proto.ErrorCode;
import dev.syscallkernel.proto.KernelServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import java.io.ByteArrayOutputStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages that are made up at random, and then damaged at random: none is answered with a fault of the server. */
@Tag("long")
@Timeout(300)
class WireFuzzTest extends ServerTest {
    private static final int CALLS = Integer.getInteger("syscallkernel.fuzz.calls", 3000);
    private static final int CALLS_PER_PROCESS = 50;
    private static final long DEADLINE_MILLIS = 500; // of a call that the fuzz asked to wait for long
    private static final long LISTENING_MILLIS = 20; // to what has no end

    /** What would be the server's own fault. */
    private static final Set<Status.Code> FAULTS =
            EnumSet.of(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.DATA_LOSS, Status.Code.UNAVAILABLE);

    private static final List<String> TEXTS = List.of(
            "", "/", "/workspace", "/workspace/a", "/workspace/b", "a", "..", "\0", "é\uFFFD", "x".repeat(300), "true");

    private final Random random = new Random();
    private int pid;

    @Test
    void noMessageIsAnsweredWithAFault() throws Exception {
        long seed = Long.getLong("syscallkernel.fuzz.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        random.setSeed(seed);
        ProtoServiceDescriptorSupplier schema = (ProtoServiceDescriptorSupplier)
                KernelServiceGrpc.getServiceDescriptor().getSchemaDescriptor();
        assertThat(schema).isNotNull();
        List<MethodDescriptor> methods = schema.getServiceDescriptor().getMethods();
        Map<Status.Code, Integer> outcomes = new TreeMap<>();
        for (int i = 0; i < CALLS; i++) {
            if (i % CALLS_PER_PROCESS == 0) {
                pid = createProcess();
            }
            MethodDescriptor method = methods.get(random.nextInt(methods.size()));
            Status status = call(method);
            outcomes.merge(status.getCode(), 1, Integer::sum);
            assertThat(FAULTS)
                    .as("seed %d, call %d, %s answered %s", seed, i, method.getName(), status)
                    .doesNotContain(status.getCode());
        }
        System.out.println(outcomes);
        assertThat(outcomes).containsKeys(Status.Code.OK, Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND);
        assertServerWorks();
    }

    private Status call(MethodDescriptor method) throws Exception {
        ClientCall<byte[], byte[]> call = channel.newCall(
                io.grpc.MethodDescriptor.newBuilder(new BytesMarshaller(), new BytesMarshaller())
                        .setType(MethodType.BIDI_STREAMING)
                        .setFullMethodName(io.grpc.MethodDescriptor.generateFullMethodName(
                                method.getService().getFullName(), method.getName()))
                        .build(),
                CallOptions.DEFAULT.withDeadlineAfter(
                        method.isServerStreaming() && !method.isClientStreaming() ? LISTENING_MILLIS : DEADLINE_MILLIS,
                        TimeUnit.MILLISECONDS));
        Answers answers = new Answers(method);
        call.start(answers, new Metadata());
        call.request(Integer.MAX_VALUE);
        int messages = method.isClientStreaming() ? 1 + random.nextInt(3) : 1;
        for (int i = 0; i < messages; i++) {
            call.sendMessage(damaged(message(method.getInputType(), 0).toByteArray()));
        }
        call.halfClose();
        return answers.status.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static final class Answers extends ClientCall.Listener<byte[]> {
        private final MethodDescriptor method;
        private final CompletableFuture<Status> status = new CompletableFuture<>();

        Answers(MethodDescriptor method) {
            this.method = method;
        }

        @Override
        public void onMessage(byte[] message) {
            if (isFault(message)) {
                status.complete(Status.INTERNAL.withDescription("the answer tells of a fault"));
            }
        }

        /** Whatever the answer is, and however deep in it the code stands. */
        private boolean isFault(byte[] message) {
            try {
                return hasFault(DynamicMessage.parseFrom(method.getOutputType(), message));
            } catch (InvalidProtocolBufferException malformed) {
                return true;
            }
        }

        private static boolean hasFault(Message message) {
            return message.getAllFields().entrySet().stream()
                    .anyMatch(field -> field.getKey().isRepeated()
                            ? ((List<?>) field.getValue()).stream().anyMatch(Answers::isFaultOrHasIt)
                            : isFaultOrHasIt(field.getValue()));
        }

        private static boolean isFaultOrHasIt(Object value) {
            if (value instanceof EnumValueDescriptor code) {
                return code.getFullName()
                        .equals(ErrorCode.ERROR_CODE_INTERNAL
                                .getValueDescriptor()
                                .getFullName());
            }
            return value instanceof Message message && hasFault(message);
        }

        @Override
        public void onClose(Status closed, Metadata trailers) {
            status.complete(closed);
        }
    }

    private DynamicMessage message(Descriptor type, int depth) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        for (FieldDescriptor field : type.getFields()) {
            // Of the many members of a oneof the last one wins, so each of them gets its turn.
            boolean chosen = field.getRealContainingOneof() == null
                    ? random.nextInt(3) > 0
                    : random.nextInt(field.getRealContainingOneof().getFieldCount()) == 0;
            if (chosen && depth < 4) {
                if (field.isRepeated()) {
                    for (int i = random.nextInt(3); i > 0; i--) {
                        message.addRepeatedField(field, value(field, depth));
                    }
                } else {
                    message.setField(field, value(field, depth));
                }
            }
        }
        return message.build();
    }

    private Object value(FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case MESSAGE -> message(field.getMessageType(), depth + 1);
            case STRING -> TEXTS.get(random.nextInt(TEXTS.size()));
            case BYTE_STRING -> ByteString.copyFrom(new byte[random.nextInt(100)]);
            case BOOLEAN -> random.nextBoolean();
            case INT -> field.getName().contains("pid") && random.nextInt(10) > 0 ? pid : (int) number(field);
            case LONG -> number(field);
            case FLOAT -> random.nextFloat();
            case DOUBLE -> random.nextDouble();
            case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(8) - 1);
        };
    }

    private long number(FieldDescriptor field) {
        return switch (field.getName().endsWith("_ms") ? 0 : random.nextInt(5)) {
            case 0 -> random.nextInt(3); // short enough to be waited for
            case 1 -> -1;
            case 2 -> Long.MIN_VALUE;
            default -> random.nextLong() >>> random.nextInt(64);
        };
    }

    /** Half of the messages stay as they are. */
    private byte[] damaged(byte[] message) {
        if (random.nextBoolean() || message.length == 0) {
            return message;
        }
        int at = random.nextInt(message.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(message, 0, at);
        switch (random.nextInt(3)) {
            case 0 -> out.write(random.nextInt(256)); // instead of the byte
            case 1 -> out.writeBytes(new byte[] {(byte) random.nextInt(256), message[at]});
            default -> {} // without the byte
        }
        out.write(message, at + 1, message.length - at - 1);
        return out.toByteArray();
    }
}
