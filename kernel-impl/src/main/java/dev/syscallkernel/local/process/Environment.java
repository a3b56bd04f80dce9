package dev.syscallkernel.local.process;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.util.HashMap;
import java.util.Map;

/** The environment variables of one process, bounded in size. Thread-safe. */
public final class Environment {
    /** Keys and values of all variables together, in characters. */
    static final int MAX_SIZE = 128 << 10;

    private final Object lock = new Object();
    private final Map<String, String> variables; // guarded by lock
    private int size; // guarded by lock

    Environment(Map<String, String> initial) {
        this.variables = new HashMap<>(initial);
        this.size = initial.entrySet().stream()
                .mapToInt(e -> size(e.getKey(), e.getValue()))
                .sum();
    }

    /** The value, or NOT_FOUND. */
    public String value(SyscallContext context, String key) {
        synchronized (lock) {
            String value = variables.get(key);
            if (value != null) {
                return value;
            }
        }
        throw context.failure(ErrorCode.NOT_FOUND, "the variable is not set");
    }

    public void set(SyscallContext context, String key, String value) {
        synchronized (lock) {
            String before = variables.get(key);
            int sizeAfter = size + size(key, value) - (before == null ? 0 : size(key, before));
            if (sizeAfter <= MAX_SIZE || sizeAfter <= size) {
                variables.put(key, value);
                size = sizeAfter;
                return;
            }
        }
        throw context.failure(
                ErrorCode.RESOURCE_EXHAUSTED,
                "the environment would be larger than " + MAX_SIZE + " characters; shorten other variables");
    }

    private static int size(String key, String value) {
        return key.length() + value.length() + 2;
    }
}
