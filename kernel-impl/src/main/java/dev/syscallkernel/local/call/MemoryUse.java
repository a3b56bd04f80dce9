package dev.syscallkernel.local.call;

import dev.syscallkernel.SyscallException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.Buffer;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * About how much memory requests and results take, in bytes. They are records: what they are made of is asked of the
 * records themselves, so that none is forgotten when there is a new one.
 */
public final class MemoryUse {
    /** A small object with a few fields. */
    private static final long OBJECT = 64;

    /** An exception with the trace of its stack. */
    private static final long TRACE = 1024;

    /** A chain of causes, or of collections in collections, is not followed further. */
    private static final int DEPTH = 16;

    private static final ClassValue<Method[]> COMPONENTS = new ClassValue<>() {
        @Override
        protected Method[] computeValue(Class<?> type) {
            return Stream.of(type.getRecordComponents())
                    .filter(component -> !isSmall(component))
                    .map(RecordComponent::getAccessor)
                    .toArray(Method[]::new);
        }

        private static boolean isSmall(RecordComponent component) {
            return component.getType().isPrimitive() || component.getType().isEnum();
        }
    };

    private MemoryUse() {}

    public static long of(@Nullable Object value) {
        return of(value, DEPTH);
    }

    private static long of(@Nullable Object value, int depth) {
        if (value == null || depth == 0) {
            return 0;
        }
        if (value instanceof CharSequence text) {
            return OBJECT + 2L * text.length();
        }
        if (value instanceof byte[] content) {
            return OBJECT + content.length;
        }
        if (value instanceof Buffer content) {
            return OBJECT + content.capacity();
        }
        if (value instanceof Collection<?> all) {
            return ofAll(all, depth);
        }
        if (value instanceof Map<?, ?> map) {
            return ofAll(map.keySet(), depth) + ofAll(map.values(), depth);
        }
        if (value instanceof Optional<?> optional) {
            return of(optional.orElse(null), depth);
        }
        if (value instanceof SyscallException failure) {
            return TRACE
                    + of(failure.getMessage(), depth)
                    + of(failure.subject(), depth)
                    + of(failure.reason(), depth)
                    + of(failure.getCause(), depth - 1);
        }
        if (value instanceof Throwable problem) {
            return TRACE + of(problem.getMessage(), depth) + of(problem.getCause(), depth - 1);
        }
        return OBJECT + (value instanceof Record ? ofComponents(value, depth) : 0);
    }

    private static long ofAll(Collection<?> all, int depth) {
        long bytes = OBJECT;
        for (Object one : all) {
            bytes += of(one, depth - 1);
        }
        return bytes;
    }

    private static long ofComponents(Object tuple, int depth) {
        long bytes = 0;
        for (Method accessor : COMPONENTS.get(tuple.getClass())) {
            try {
                bytes += of(accessor.invoke(tuple), depth - 1);
            } catch (ReflectiveOperationException inaccessible) {
                bytes += OBJECT; // a record of nobody's API
            }
        }
        return bytes;
    }
}
