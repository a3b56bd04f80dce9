package dev.syscallkernel.bench;

import java.util.Set;

/** Counts the threads that kernels have in this JVM, besides those that live on from earlier ones. */
final class KernelThreadCount {
    /** The goal for a whole kernel. */
    static final double MOST = 2.0 * Runtime.getRuntime().availableProcessors() + 8;

    private final Set<Thread> before = Thread.getAllStackTraces().keySet();

    int now() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .filter(thread -> isKernels(thread.getName()))
                .count();
    }

    /** Those of kernels and of their servers; the threads of clients are not the kernel's. */
    private static boolean isKernels(String name) {
        return name.startsWith("syscallkernel-") || name.startsWith("kernel-server-");
    }
}
