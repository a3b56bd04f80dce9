package dev.syscallkernel.process;

import java.time.Duration;

/**
 * What one process may hold at a time. A call beyond a limit fails with RESOURCE_EXHAUSTED, or INVALID_ARGUMENT where
 * only a smaller request would help; the message names the limit, the usage and the way out.
 *
 * @param maxMemoryBytes memory of each of its operating-system children, in bytes; 0 for no limit
 * @param maxCpuTime processor time of each of its operating-system children; zero for no limit
 * @param maxFileDescriptors open files, those of streams included
 * @param maxProcesses operating-system children
 * @param maxNetworkConnections network connections
 * @param maxOpenStreams open streams
 * @param maxTasks tasks that have not ended, and other calls that wait in the background, such as sleeping ones
 * @param maxInlineBytes bytes that one plain read or write can carry; more than that is streamed
 */
public record ResourceLimits(
        long maxMemoryBytes,
        Duration maxCpuTime,
        int maxFileDescriptors,
        int maxProcesses,
        int maxNetworkConnections,
        int maxOpenStreams,
        int maxTasks,
        int maxInlineBytes) {

    /** 256 descriptors, 64 children, 64 connections, 64 streams, 1,000 tasks, 4 MiB inline; no limit of memory and CPU time. */
    public static final ResourceLimits DEFAULT = new ResourceLimits(0, Duration.ZERO, 256, 64, 64, 64, 1000, 4 << 20);

    public ResourceLimits {
        requireNotNegative(maxMemoryBytes, "maxMemoryBytes");
        requireNotNegative(maxCpuTime.toMillis(), "maxCpuTime");
        requireNotNegative(maxFileDescriptors, "maxFileDescriptors");
        requireNotNegative(maxProcesses, "maxProcesses");
        requireNotNegative(maxNetworkConnections, "maxNetworkConnections");
        requireNotNegative(maxOpenStreams, "maxOpenStreams");
        requireNotNegative(maxTasks, "maxTasks");
        requireNotNegative(maxInlineBytes, "maxInlineBytes");
    }

    public ResourceLimits withMaxFileDescriptors(int descriptors) {
        return new ResourceLimits(
                maxMemoryBytes,
                maxCpuTime,
                descriptors,
                maxProcesses,
                maxNetworkConnections,
                maxOpenStreams,
                maxTasks,
                maxInlineBytes);
    }

    public ResourceLimits withMaxOpenStreams(int streams) {
        return new ResourceLimits(
                maxMemoryBytes,
                maxCpuTime,
                maxFileDescriptors,
                maxProcesses,
                maxNetworkConnections,
                streams,
                maxTasks,
                maxInlineBytes);
    }

    public ResourceLimits withMaxTasks(int tasks) {
        return new ResourceLimits(
                maxMemoryBytes,
                maxCpuTime,
                maxFileDescriptors,
                maxProcesses,
                maxNetworkConnections,
                maxOpenStreams,
                tasks,
                maxInlineBytes);
    }

    public ResourceLimits withMaxInlineBytes(int bytes) {
        return new ResourceLimits(
                maxMemoryBytes,
                maxCpuTime,
                maxFileDescriptors,
                maxProcesses,
                maxNetworkConnections,
                maxOpenStreams,
                maxTasks,
                bytes);
    }

    private static void requireNotNegative(long value, String name) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " must not be negative: " + value);
        }
    }
}
