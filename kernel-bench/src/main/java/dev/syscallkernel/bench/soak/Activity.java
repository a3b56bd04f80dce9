package dev.syscallkernel.bench.soak;

/** One kind of load. It checks what it sees, and cleans up after itself, so that all that is left is a leak. */
interface Activity {
    /** Does it once. Any exception or error is a failure of the kernel. */
    void perform(Guest guest) throws Exception;
}
