package dev.syscallkernel.process;

/**
 * How well a kernel confines the programs it starts, from the strongest to the weakest. A kernel uses the strongest one
 * that works on its host, and none that is weaker than its operator allows.
 */
public enum LauncherTier {
    /**
     * The program sees the mounts of its process and the system's own programs, read-only, and nothing else of the host.
     * Its network is its own unless the process may use the host's. When it ends, all that it started ends.
     */
    CONFINED,
    /** The program sees all files of the host that the kernel's user may see. When it ends, all that it started ends. */
    CONTAINED,
    /**
     * The program sees all files of the host that the kernel's user may see, and always has the host's network. What it
     * started ends with it as far as it can be found, and how many processes it is cannot be limited.
     */
    PLAIN
}
