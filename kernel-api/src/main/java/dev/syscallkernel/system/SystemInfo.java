package dev.syscallkernel.system;

/**
 * The machine on which the kernel runs.
 *
 * @param operatingSystem such as {@code Linux}
 * @param operatingSystemVersion such as {@code 6.1.0}
 * @param architecture such as {@code amd64}
 * @param processors how many processors the kernel may use
 * @param totalMemoryBytes the memory of the machine; 0 if unknown
 * @param freeMemoryBytes how much of it is free; 0 if unknown
 * @param kernelVersion the version of the kernel that answers
 */
public record SystemInfo(
        String operatingSystem,
        String operatingSystemVersion,
        String architecture,
        int processors,
        long totalMemoryBytes,
        long freeMemoryBytes,
        String kernelVersion) {}
