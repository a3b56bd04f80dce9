package dev.syscallkernel;

/**
 * Names a logical process of one kernel. Numbers start at 1, and a kernel never uses one twice. A {@code Pid} is not
 * an id of the operating system.
 */
public record Pid(int value) {
    public Pid {
        if (value < 1) {
            throw new IllegalArgumentException("pid must be at least 1: " + Integer.toUnsignedString(value));
        }
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
