package dev.syscallkernel.local.process;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.SyscallContext;
import java.util.HashMap;
import java.util.Map;

/** The environment variables of one process, bounded in size. Thread-safe. */
public final class Environment {
    /** Keys and values of all variables together, in characters. */
    static final int MAX_SIZE = 128 << 10;

    static final int MAX_COUNT = 2000;

    private final Object lock = new Object();
    private final Map<String, String> variables; // guarded by lock
    private int size; // guarded by lock

    Environment(Map<String, String> initial) {
        this.variables = new HashMap<>(initial);
        this.size = initial.entrySet().stream()
                .mapToInt(e -> size(e.getKey(), e.getValue()))
                .sum();
    }

    /**
     * Fails if a process cannot begin with so much.
     *
     * @param process for the message
     */
    static void requireAcceptable(Map<String, String> initial, String process) {
        long size = initial.entrySet().stream()
                .mapToLong(e -> size(e.getKey(), e.getValue()))
                .sum();
        if (size > MAX_SIZE || initial.size() > MAX_COUNT) {
            throw new SyscallException(
                    ErrorCode.INVALID_ARGUMENT,
                    "create_process",
                    process,
                    "an environment has at most " + MAX_COUNT + " variables and " + MAX_SIZE
                            + " characters, and this has " + initial.size() + " and " + size);
        }
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
            boolean room = before != null || variables.size() < MAX_COUNT;
            if (room && (sizeAfter <= MAX_SIZE || sizeAfter <= size)) {
                variables.put(key, value);
                size = sizeAfter;
                return;
            }
        }
        throw context.failure(
                ErrorCode.RESOURCE_EXHAUSTED,
                "the environment would be larger than " + MAX_SIZE + " characters, or " + MAX_COUNT
                        + " variables; shorten other variables");
    }

    private static int size(String key, String value) {
        return key.length() + value.length() + 2;
    }
}
