package dev.syscallkernel;

import dev.syscallkernel.batch.BatchExecutor;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.KernelListener;
import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.task.AsyncTaskManager;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;

/**
 * Gives logical processes mediated access to a machine. The same interface is served in-process and by a remote
 * kernel, so code written against it does not know the difference.
 *
 * <pre>{@code
 * KernelProcess indexer = kernel.createProcess(ProcessSpec.named("indexer")
 *         .mount("/workspace", hostDirectory, Access.READ_ONLY)
 *         .grant(Capability.READ_FILE)
 *         .build());
 * byte[] notes = indexer.execute(new ReadFile("/workspace/notes.txt"));
 * }</pre>
 *
 * <p>Thread-safe. Every method throws {@link SyscallException} with {@link ErrorCode#UNAVAILABLE} once the kernel is
 * closed or cannot be reached.
 */
public interface SyscallKernel extends AutoCloseable {

    /**
     * Creates a logical process. It holds only what its spec grants.
     *
     * @throws SyscallException INVALID_ARGUMENT for a mount that is no directory; PERMISSION_DENIED for a level above
     *     the kernel's ceiling or for a mount that the operator does not allow; RESOURCE_EXHAUSTED when the kernel has
     *     as many processes as it may
     */
    KernelProcess createProcess(ProcessSpec spec);

    /**
     * Finds a live process, so that another client can go on with it.
     *
     * @throws SyscallException NO_SUCH_PROCESS if it never lived or has ended
     */
    KernelProcess process(Pid pid);

    /** The live processes, in the order of their pids. */
    List<ProcessInfo> processes();

    /** Executes many syscalls, of any of its processes, in one call. */
    BatchExecutor batches();

    /** Version, limits and features of this kernel. */
    KernelInfo info();

    /** Syscalls that go on by themselves: submitted, watched, prioritised, cancelled. */
    AsyncTaskManager tasks();

    /**
     * What happens in the kernel from the moment of subscription on. Each subscriber has a bounded buffer of its own:
     * one that falls behind loses events and is told how many by {@link KernelEvent.EventsDropped}; it never slows the
     * kernel down. Closing the kernel completes the subscribers.
     *
     * @param types the events wanted; empty means all
     */
    Flow.Publisher<KernelEvent> events(Set<KernelEvent.Type> types);

    /**
     * Calls a listener for each event, one at a time, in order, never on the thread that caused the event.
     *
     * @param types the events wanted; empty means all
     * @return ends the subscription when closed
     */
    default Subscription subscribe(KernelListener listener, Set<KernelEvent.Type> types) {
        return Subscription.to(events(types), listener);
    }

    /**
     * Ends every process of an in-process kernel, or the connection to a remote one (whose processes live on). Closing
     * twice has no effect.
     */
    @Override
    void close();
}
