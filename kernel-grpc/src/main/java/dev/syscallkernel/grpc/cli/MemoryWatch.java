package dev.syscallkernel.grpc.cli;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;

/** The highest use of memory by this JVM. Used by one thread. */
final class MemoryWatch {
    private static final int LOOK_AT_EVERY = 64;

    private final List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .toList();
    private final List<BufferPoolMXBean> buffers = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .toList();
    private long looks;
    private long peakDirect;

    /** Forgets what was before. */
    void reset() {
        heap.forEach(MemoryPoolMXBean::resetPeakUsage);
        looks = 0;
        peakDirect = direct();
    }

    /** To be called again and again: nobody else keeps the peak of the direct buffers. */
    void look() {
        if (looks++ % LOOK_AT_EVERY == 0) {
            peakDirect = Math.max(peakDirect, direct());
        }
    }

    /** The sum of the peaks of the heap's parts, so rather too much than too little. Includes garbage. */
    long peakHeap() {
        return heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    }

    long peakDirect() {
        return peakDirect;
    }

    /** Buffers of Java, and those of Netty, which Java does not count. */
    private long direct() {
        long ofJava =
                buffers.stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
        return ofJava + Math.max(0, PlatformDependent.usedDirectMemory());
    }
}
