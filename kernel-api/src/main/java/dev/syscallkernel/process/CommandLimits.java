package dev.syscallkernel.process;

import java.time.Duration;

/**
 * What a program may use. Zero stands for no limit of its own; those of its process hold besides. Immutable.
 *
 * @param memoryBytes address space of each of its processes
 * @param cpuTime processor time of each of its processes, rounded up to seconds
 * @param processes how many processes and threads the program is at a time, itself included; never more than 1,024
 * @param descriptors open files of each of its processes
 * @param fileSizeBytes size of each file that it writes
 * @param runTime how long it may run; it is then ended like a killed one
 * @param treeMemoryBytes memory of all its processes together; refused by kernels that cannot enforce it
 */
public record CommandLimits(
        long memoryBytes,
        Duration cpuTime,
        int processes,
        int descriptors,
        long fileSizeBytes,
        Duration runTime,
        long treeMemoryBytes) {

    /** 64 processes and 256 descriptors; no limit of memory, time and file size. */
    public static final CommandLimits DEFAULT = new CommandLimits(0, Duration.ZERO, 64, 256, 0, Duration.ZERO, 0);

    public CommandLimits {
        requireNotNegative(memoryBytes, "memoryBytes");
        requireNotNegative(cpuTime.isNegative() ? -1 : 0, "cpuTime");
        requireNotNegative(processes, "processes");
        requireNotNegative(descriptors, "descriptors");
        requireNotNegative(fileSizeBytes, "fileSizeBytes");
        requireNotNegative(runTime.isNegative() ? -1 : 0, "runTime");
        requireNotNegative(treeMemoryBytes, "treeMemoryBytes");
    }

    public CommandLimits withMemoryBytes(long bytes) {
        return new CommandLimits(bytes, cpuTime, processes, descriptors, fileSizeBytes, runTime, treeMemoryBytes);
    }

    public CommandLimits withCpuTime(Duration time) {
        return new CommandLimits(memoryBytes, time, processes, descriptors, fileSizeBytes, runTime, treeMemoryBytes);
    }

    public CommandLimits withProcesses(int count) {
        return new CommandLimits(memoryBytes, cpuTime, count, descriptors, fileSizeBytes, runTime, treeMemoryBytes);
    }

    public CommandLimits withDescriptors(int count) {
        return new CommandLimits(memoryBytes, cpuTime, processes, count, fileSizeBytes, runTime, treeMemoryBytes);
    }

    public CommandLimits withFileSizeBytes(long bytes) {
        return new CommandLimits(memoryBytes, cpuTime, processes, descriptors, bytes, runTime, treeMemoryBytes);
    }

    public CommandLimits withRunTime(Duration time) {
        return new CommandLimits(memoryBytes, cpuTime, processes, descriptors, fileSizeBytes, time, treeMemoryBytes);
    }

    public CommandLimits withTreeMemoryBytes(long bytes) {
        return new CommandLimits(memoryBytes, cpuTime, processes, descriptors, fileSizeBytes, runTime, bytes);
    }

    private static void requireNotNegative(long value, String name) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " must not be negative");
        }
    }
}
