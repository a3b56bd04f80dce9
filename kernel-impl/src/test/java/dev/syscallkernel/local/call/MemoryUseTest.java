package dev.syscallkernel.local.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.Command;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MemoryUseTest {
    private static final int LENGTH = 100_000;
    private static final String LONG = "x".repeat(LENGTH);

    /** Every record that is a syscall. */
    static Stream<Class<?>> syscalls() {
        return records(Syscall.class);
    }

    private static Stream<Class<?>> records(Class<?> type) {
        return type.isSealed()
                ? Stream.of(type.getPermittedSubclasses()).flatMap(MemoryUseTest::records)
                : Stream.of(type);
    }

    @ParameterizedTest
    @MethodSource("syscalls")
    void allThatIsLargeInASyscallCounts(Class<?> type) throws Exception {
        long expected = 0;
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        @Nullable Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = value(types[i]);
            expected += weight(types[i]);
        }
        Object call = type.getDeclaredConstructor(types).newInstance(values);
        assertThat(MemoryUse.of(call)).isBetween(expected + 1, expected + expected / 10 + 2048);
    }

    private static @Nullable Object value(Class<?> type) throws Exception {
        if (type == String.class) {
            return LONG;
        } else if (type == ByteBuffer.class) {
            return ByteBuffer.allocate(LENGTH);
        } else if (type == Command.class) {
            return Command.of(LONG, LONG, LONG)
                    .environment("key", LONG)
                    .workingDirectory(LONG)
                    .build();
        } else if (type == Pid.class) {
            return new Pid(1);
        } else if (type == Duration.class) {
            return Duration.ZERO;
        } else if (type.isEnum()) {
            return type.getEnumConstants()[0];
        } else if (type == int.class) {
            return 1;
        } else if (type == long.class) {
            return 1L;
        }
        return type.getField("DEFAULT").get(null); // the options of a stream
    }

    private static long weight(Class<?> type) {
        return type == String.class
                ? 2L * LENGTH
                : type == ByteBuffer.class ? LENGTH : type == Command.class ? 10L * LENGTH : 0;
    }

    @Test
    void whatIsInsideOfResultsAndFailuresCounts() {
        assertThat(MemoryUse.of(null)).isZero();
        assertThat(MemoryUse.of(new byte[LENGTH])).isGreaterThan(LENGTH);
        assertThat(MemoryUse.of(List.of(LONG, LONG))).isGreaterThan(4L * LENGTH);
        assertThat(MemoryUse.of(Map.of(LONG, LONG))).isGreaterThan(4L * LENGTH);
        SyscallException cause = new SyscallException(ErrorCode.INTERNAL, "test", LONG, "");
        assertThat(MemoryUse.of(new SyscallException(ErrorCode.INTERNAL, "test", "", LONG, cause)))
                .isGreaterThan(4L * LENGTH);
    }
}
