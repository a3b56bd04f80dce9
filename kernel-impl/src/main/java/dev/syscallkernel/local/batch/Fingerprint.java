package dev.syscallkernel.local.batch;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells requests apart by a SHA-256 of all that is in them, so that they need not be kept. */
final class Fingerprint {
    private final Hasher hasher = Hashing.sha256().newHasher();

    private Fingerprint() {}

    /** The same for two values that are equal, and different for two that are not. */
    static String of(Object value) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(value);
        return fingerprint.hasher.hash().toString();
    }

    private void add(@Nullable Object value) {
        if (value instanceof Record record) {
            addText(record.getClass().getName());
            for (RecordComponent component : record.getClass().getRecordComponents()) {
                add(component(record, component));
            }
        } else if (value instanceof ByteBuffer bytes) {
            hasher.putInt(bytes.remaining()).putBytes(bytes.duplicate());
        } else if (value instanceof byte[] bytes) {
            hasher.putInt(bytes.length).putBytes(bytes);
        } else if (value instanceof Map<?, ?> map) {
            add(map.entrySet().stream()
                    .map(entry -> Fingerprint.of(entry.getKey()) + of(entry.getValue()))
                    .sorted()
                    .toList());
        } else if (value instanceof Collection<?> all) {
            hasher.putInt(all.size());
            all.forEach(this::add);
        } else {
            addText(value == null ? "null" : value.getClass().getName());
            addText(String.valueOf(value));
        }
    }

    private void addText(String text) {
        hasher.putInt(text.length()).putString(text, StandardCharsets.UTF_16BE);
    }

    private static @Nullable Object component(Record record, RecordComponent component) {
        try {
            return component.getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException impossible) {
            throw new IllegalStateException("a request that nobody can read", impossible);
        }
    }
}
